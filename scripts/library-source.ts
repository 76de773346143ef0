import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const library = createRequire(import.meta.url).resolve("@azure/functions/package.json");

/**
 * For esbuild: `@azure/functions` out of its TypeScript, which is in the package, and not out of what the package makes of it
 * for old versions of Node. That keeps private fields in WeakMaps, about twenty entries for a request which only a full
 * collection gives back, and runs every `async` function as a generator: three times the processor time per invocation.
 */
export const librarySource: Readonly<Record<string, string>> = {
  "@azure/functions": join(dirname(library), "src", "index.ts"),
  // The library takes this one by `require`; the other file of the package has no exports that a bundler could see.
  "@azure/functions-extensions-base": createRequire(library).resolve("@azure/functions-extensions-base"),
};
