export { startFunctionsHost } from "./host.ts";
export type { FunctionsHost, FunctionsHostOptions } from "./host-options.ts";
