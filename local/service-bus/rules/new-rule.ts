import { BrokerError } from "../errors.ts";
import type { SystemProperty } from "../message/fields.ts";
import type { Filter } from "./rule.ts";
import type { TypedValue } from "./typed-value.ts";

/** A SQL filter; the two expressions that clients write for "all" and "none" are the filters of these names. */
export function filterFromSql(sql: string, parameters: Readonly<Record<string, TypedValue>> = {}): Filter {
  const normal = sql.replaceAll(/\s/g, "");
  if (normal === "1=1") return { kind: "true" };
  return normal === "1=0" ? { kind: "false" } : { kind: "sql", sql, parameters };
}

/** @throws BrokerError (invalid) when it names nothing to compare */
export function correlationFilter(
  system: Readonly<Partial<Record<SystemProperty, string>>>,
  application: Readonly<Record<string, TypedValue>>,
): Filter {
  if (Object.keys(system).length + Object.keys(application).length === 0) {
    throw new BrokerError("invalid", "A correlation filter must name at least one property.");
  }
  return { kind: "correlation", system, application };
}
