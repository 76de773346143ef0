import { resolveSettings, type Settings } from "../settings.ts";
import type { Binding } from "../worker/wire.ts";

/** One binding as the app registered it, and where to look up what it names. */
export interface BindingContext {
  readonly binding: Binding;
  readonly settings: Settings;
  /** For messages: which function, and which of its bindings. */
  readonly where: string;
}

/** .NET reads bindings without regard to case. */
export function property(binding: Binding, name: string): unknown {
  if (name in binding) return binding[name];
  const found = Object.keys(binding).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : binding[found];
}

/** A text, undefined when it is missing or empty. `%NAMES%` stay as they are. */
export function text(binding: Binding, name: string): string | undefined {
  const value = property(binding, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A text in which every `%NAME%` is replaced by the app setting of that name. */
export function resolved({ binding, settings, where }: BindingContext, name: string): string | undefined {
  const value = text(binding, name);
  return value === undefined ? undefined : resolveSettings(value, settings, where);
}

/** Azure also takes "true" and "false" as text. */
export function flag(context: BindingContext, name: string): boolean | undefined {
  const value = property(context.binding, name);
  if (typeof value === "boolean") return value;
  const word = resolved(context, name)?.toLowerCase();
  return word === undefined ? undefined : word === "true";
}
