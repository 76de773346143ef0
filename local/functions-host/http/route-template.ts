import { HostRefusal } from "../refusal.ts";
import { type Constraint, parseConstraints } from "./route-constraint.ts";

/** A route template of ASP.NET's kind, made ready for matching. */
export interface RouteTemplate {
  /** @returns the route values, or undefined if `path` (as sent, without query) does not fit. */
  match(path: string): Record<string, string> | undefined;
}

interface Parameter {
  readonly name: string;
  readonly constraints: readonly Constraint[];
  readonly fallback: string | undefined;
  readonly catchAll: boolean;
}

const PARAMETER = /^(\*{0,2})([A-Za-z_][\w-]*)((?::[A-Za-z]+(?:\((?:[^()]|\([^()]*\))*\))?)*)(\?|=.*)?$/;

/** Braces inside, as in regex(), are written twice. */
const PARAMETER_IN_BRACES = /(\{(?:\{\{|\}\}|[^{}])*\})/;

/**
 * Compiles `orders/{id:int}/{view?}`, `files/{*rest}`, `{name}.{ext}`, `{page=1}`. Matching ignores case and one
 * trailing slash. An optional or defaulted parameter must end the route; `where` names the function in refusals.
 */
export function compileRoute(template: string, where: string): RouteTemplate {
  const parameters: Parameter[] = [];
  const segments = template.split("/").filter((segment) => segment !== "");
  let pattern = "";
  for (const [index, segment] of segments.entries()) {
    pattern += compileSegment(
      segment,
      parameters,
      index === segments.length - 1,
      `${where}, route "${template}"`,
    );
  }
  const expression = new RegExp(`^${pattern}/?$`, "i");
  return { match: (path) => matchRoute(expression, parameters, decodePath(path)) };
}

function compileSegment(segment: string, parameters: Parameter[], isLast: boolean, where: string): string {
  const parts = segment.split(PARAMETER_IN_BRACES).filter((part) => part !== "");
  const alone = parts.length === 1;
  let pattern = "";
  for (const part of parts) {
    if (!part.startsWith("{") || !part.endsWith("}")) {
      if (/[{}]/.test(part)) throw new HostRefusal("function-invalid", `${where}: unbalanced braces`);
      pattern += escapeForPattern(decodePath(part));
      continue;
    }
    const { parameter, optional } = parseParameter(part, where);
    parameters.push(parameter);
    if ((parameter.catchAll || optional) && !(isLast && alone)) {
      throw new HostRefusal("function-invalid", `${where}: ${part} must be the whole last segment`);
    }
    if (parameter.catchAll) return "(?:/(.*))?";
    if (optional) return "(?:/([^/]+))?";
    pattern += alone ? "([^/]+)" : "([^/]+?)";
  }
  return `/${pattern}`;
}

function parseParameter(part: string, where: string): { parameter: Parameter; optional: boolean } {
  const match = PARAMETER.exec(part.slice(1, -1).replaceAll("{{", "{").replaceAll("}}", "}"));
  if (match === null) throw new HostRefusal("function-invalid", `${where}: cannot read ${part}`);
  const [, stars = "", name = "", constraints = "", end = ""] = match;
  const parameter = {
    name,
    constraints: parseConstraints(constraints, where),
    fallback: end.startsWith("=") ? end.slice(1) : undefined,
    catchAll: stars !== "",
  };
  return { parameter, optional: end !== "" };
}

function matchRoute(
  expression: RegExp,
  parameters: readonly Parameter[],
  path: string,
): Record<string, string> | undefined {
  const match = expression.exec(path);
  if (match === null) return undefined;
  const values: Record<string, string> = {};
  for (const [index, { name, constraints, fallback }] of parameters.entries()) {
    const raw = match[index + 1];
    const value = raw === undefined || raw === "" ? fallback : raw;
    if (value === undefined) continue;
    if (!constraints.every((constraint) => constraint(value))) return undefined;
    values[name] = value;
  }
  return values;
}

/** As Kestrel does: what cannot be decoded stays as sent, and so does an encoded slash. */
function decodePath(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text.replaceAll(/%2f/gi, (slash) => `%25${slash.slice(1)}`));
  } catch {
    return text;
  }
}

function escapeForPattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
