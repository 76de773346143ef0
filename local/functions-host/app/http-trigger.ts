import type { AuthLevel } from "../keys/keys.ts";
import { HostRefusal } from "../refusal.ts";
import { property, text, type BindingContext } from "./binding-properties.ts";
import type { HttpFunction, Indexed } from "./index-functions.ts";

const AUTH_LEVELS: readonly AuthLevel[] = ["anonymous", "function", "admin"];

export function httpTrigger(
  name: string,
  { binding, where }: BindingContext,
): Omit<HttpFunction, keyof Indexed> {
  // The host's default. The library's, "anonymous", comes with the binding that `app.http` registers; a generic one says nothing.
  const level = (text(binding, "authLevel") ?? "function").toLowerCase();
  const authLevel = AUTH_LEVELS.find((each) => each === level);
  if (authLevel === undefined) {
    throw new HostRefusal(
      "function-invalid",
      `${where} has authLevel "${level}"; there are ${AUTH_LEVELS.join(", ")}`,
    );
  }
  const listed = property(binding, "methods");
  const methods = Array.isArray(listed) ? listed.map((each) => String(each).toUpperCase()) : [];
  return { trigger: "http", route: text(binding, "route") ?? name, methods, authLevel };
}
