import { isObject, nestsDeeperThan, type Json, type Value } from "../json.ts";
import { badRequest } from "../refusal.ts";
import { MAX_NESTING } from "../items/document.ts";
import type { Query, Span } from "../sql/ast.ts";
import type { Scope } from "../sql/evaluate.ts";
import { parseQuery } from "../sql/parse-query.ts";
import { compileSelect, countOf, makeScope, type Select } from "../sql/select.ts";

/** A query with its parameters, ready to be planned. */
export interface BoundQuery {
  readonly query: Query;
  /** Without the names of the query: for what does not depend on an item. */
  readonly scope: Scope;
  readonly select: Select;
  /** TOP, or LIMIT; undefined = no limit. */
  readonly limit: number | undefined;
  readonly offset: number;
}

const MAX_REMEMBERED = 500;
const parsed = new Map<string, Query>();

/** Reads the body of a query request: `{query, parameters}`. `nowMs` is what its time functions tell. */
export function bindQuery(body: Json, nowMs: number): BoundQuery {
  const text = isObject(body) ? body["query"] : undefined;
  if (typeof text !== "string") throw badRequest("The request body holds no 'query'.");
  const query = parseOnce(text);
  const parameters = readParameters(isObject(body) ? body["parameters"] : undefined);
  const scope = makeScope(parameters, nowMs);
  return {
    query,
    scope,
    select: compileSelect(query, scope, true),
    limit: countOf(query.top ?? query.limit, scope),
    offset: countOf(query.offset, scope) ?? 0,
  };
}

/** A clause as it was written. */
export const quote = ({ text }: Query, { start, end }: Span): string => text.slice(start, end);

function parseOnce(text: string): Query {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const query = parseQuery(text);
  if (parsed.size >= MAX_REMEMBERED) parsed.clear();
  parsed.set(text, query);
  return query;
}

function readParameters(value: Json | undefined): ReadonlyMap<string, Value> {
  const parameters = new Map<string, Value>();
  if (value === undefined || value === null) return parameters;
  if (!Array.isArray(value)) throw badRequest("'parameters' must be an array.");
  for (const entry of value) {
    const name = isObject(entry) ? entry["name"] : undefined;
    if (typeof name !== "string" || !isObject(entry)) throw badRequest("Every parameter needs a 'name'.");
    if (nestsDeeperThan(entry["value"], MAX_NESTING))
      throw badRequest(`Parameter '${name}' nests too deeply.`);
    // Without a value the parameter is undefined; it still counts as given.
    parameters.set(name, entry["value"]);
  }
  return parameters;
}
