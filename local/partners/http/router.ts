import type { IncomingHttpHeaders } from "node:http";

/** One HTTP request, read to its end. */
export interface Call {
  readonly method: string;
  /** Path and query exactly as they came in; signatures are made over these. */
  readonly target: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; `chunks` are JSON text already. */
  readonly body?: unknown;
  readonly chunks?: AsyncIterable<string>;
}

/** `drop`: the connection is dropped without a word. */
export type Answer = Reply | "drop";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `/payments/:key`: a segment with a colon in front is a parameter. */
  readonly path: string;
  readonly handle: (call: Call) => Promise<Answer>;
}

export type Found =
  | { readonly kind: "route"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: "other-methods"; readonly allow: string }
  | { readonly kind: "nothing" };

/** The first route of the list that fits; fixed paths stand before those with parameters. */
export function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const segments = path.split("/");
  const others = new Set<string>();
  for (const route of routes) {
    const params = match(route.path.split("/"), segments);
    if (params === undefined) continue;
    if (route.method === method) return { kind: "route", route, params };
    others.add(route.method);
  }
  return others.size > 0 ? { kind: "other-methods", allow: [...others].join(", ") } : { kind: "nothing" };
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? "";
    if (!expected.startsWith(":")) {
      if (expected !== actual) return undefined;
      continue;
    }
    const value = decode(actual);
    if (value === undefined || value === "") return undefined;
    params[expected.slice(1)] = value;
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
