import { registerHooks } from "node:module";

export interface NotedImports {
  /** Notes nothing more. */
  end(): string[];
}

const isPackage = (url: string): boolean => url.includes("/node_modules/");
const isForeign = (url: string): boolean => url.startsWith("node:") || isPackage(url);

/** Notes which modules are imported, or required, by files that belong to no package: what an app asks of others. */
export function noteImports(): NotedImports {
  const noted = new Set<string>();
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (isForeign(found.url) && !isPackage(context.parentURL ?? "")) noted.add(found.url);
      return found;
    },
  });
  return {
    end() {
      hooks.deregister();
      return [...noted];
    },
  };
}

/** What cannot be imported is the app's affair: it will hear of it when it asks. */
export async function importAhead(modules: readonly string[]): Promise<void> {
  for (const url of modules) await import(url).catch(() => undefined);
}
