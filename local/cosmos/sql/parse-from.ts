import type { Expression, Query, Source } from "./ast.ts";
import { parseMembers } from "./parse-primary.ts";
import { invalidQuery } from "./query-error.ts";
import type { TokenStream } from "./token-stream.ts";

type ParseExpression = (tokens: TokenStream) => Expression;

/** `FROM c`, `FROM c.tags t`, `FROM t IN c.tags`, `FROM (SELECT …) s`, each with JOINs of the same forms. */
export function parseFrom(
  tokens: TokenStream,
  expression: ParseExpression,
): Pick<Query, "sources" | "alias" | "from"> {
  const { start } = tokens.next;
  if (!tokens.accept("FROM")) return { sources: [], alias: undefined, from: undefined };
  const sources: Source[] = [];
  do {
    const { start: at, end } = tokens.next;
    const source = parseSource(tokens, expression);
    if (sources.some(({ alias }) => alias === source.alias)) {
      throw invalidQuery(
        `The input alias '${source.alias}' is specified more than once in the FROM clause.`,
        {
          start: at,
          end,
        },
      );
    }
    sources.push(source);
  } while (tokens.accept("JOIN"));
  return { sources, alias: rootAlias(sources[0]!), from: { start, end: tokens.lastEnd } };
}

const rootAlias = (first: Source): string | undefined =>
  first.kind === "path" && !first.each && first.path.kind === "name" ? first.alias : undefined;

function parseSource(tokens: TokenStream, expression: ParseExpression): Source {
  if (tokens.next.kind === "name" && tokens.second.word === "IN") {
    const alias = tokens.expectName().text;
    tokens.expect("IN");
    return { ...parseCollection(tokens, expression), alias, each: true };
  }
  const { start } = tokens.next;
  const collection = parseCollection(tokens, expression);
  // Without a name it can only be counted; no name of a query has this form.
  const alias = parseSourceAlias(tokens) ?? impliedAlias(collection) ?? `(${start})`;
  return { ...collection, alias, each: false };
}

type Collection =
  | { readonly kind: "path"; readonly path: Expression }
  | { readonly kind: "query"; readonly query: Query };

function parseCollection(tokens: TokenStream, expression: ParseExpression): Collection {
  if (tokens.accept("(")) {
    const query = tokens.subquery();
    tokens.expect(")");
    return { kind: "query", query };
  }
  const { text: name, start, end } = tokens.expectName();
  return { kind: "path", path: parseMembers(tokens, { kind: "name", name, start, end }, expression) };
}

function parseSourceAlias(tokens: TokenStream): string | undefined {
  if (tokens.accept("AS")) return tokens.expectName().text;
  return tokens.next.kind === "name" && !tokens.seesAny(afterSource) ? tokens.take().text : undefined;
}

const afterSource: ReadonlySet<string> = new Set("FROM WHERE GROUP ORDER OFFSET IN JOIN LIMIT".split(" "));

/** The last name of a path. */
function impliedAlias(collection: Collection): string | undefined {
  if (collection.kind === "query") return undefined;
  const { path } = collection;
  if (path.kind === "name") return path.name;
  if (path.kind !== "member" || path.property.kind !== "literal") return undefined;
  return typeof path.property.value === "string" ? path.property.value : undefined;
}
