import { HostRefusal } from "../refusal.ts";
import { property, text, type BindingContext } from "./binding-properties.ts";
import type { HttpFunction, Indexed } from "./index-functions.ts";

export function httpTrigger(
  name: string,
  { binding, where }: BindingContext,
): Omit<HttpFunction, keyof Indexed> {
  const authLevel = (text(binding, "authLevel") ?? "anonymous").toLowerCase();
  if (authLevel !== "anonymous") {
    throw new HostRefusal(
      "not-supported",
      `${where} has authLevel "${authLevel}": no keys are configured in this host, so only "anonymous" can be served`,
    );
  }
  const listed = property(binding, "methods");
  const methods = Array.isArray(listed) ? listed.map((each) => String(each).toUpperCase()) : [];
  return { trigger: "http", route: text(binding, "route") ?? name, methods };
}
