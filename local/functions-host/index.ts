export { type FunctionsHost, type FunctionsHostOptions, startFunctionsHost } from "./host.ts";
export { HostRefusal, type RefusalCode } from "./refusal.ts";
