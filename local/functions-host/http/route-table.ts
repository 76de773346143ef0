import type { HttpFunction } from "../app/index-functions.ts";
import { compileRoute, type RouteTemplate } from "./route-template.ts";

export interface RouteMatch {
  readonly target: HttpFunction;
  readonly params: Record<string, string>;
}

/**
 * Finds the function for a request. Routes are tried in the order of registration, without any precedence of
 * literal over parameter: that is how Azure's host does it. The method is part of the route, so a wrong one is
 * simply no match.
 */
export class RouteTable {
  readonly #routes: readonly {
    target: HttpFunction;
    methods: ReadonlySet<string>;
    template: RouteTemplate;
  }[];

  constructor(functions: readonly HttpFunction[], routePrefix: string) {
    this.#routes = functions.map((target) => ({
      target,
      methods: new Set(target.methods),
      template: compileRoute(`${routePrefix}/${target.route}`, `function "${target.name}"`),
    }));
  }

  /** @param path as sent, without the query. */
  find(method: string, path: string): RouteMatch | undefined {
    for (const { target, methods, template } of this.#routes) {
      if (methods.size > 0 && !methods.has(method)) continue;
      const params = template.match(path);
      if (params !== undefined) return { target, params };
    }
    return undefined;
  }
}
