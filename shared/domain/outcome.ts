import type { Decision } from "./retry.ts";

/** What became of a message that was handled without a crash; `shared/bindings/message.ts` carries it out. */
export type Outcome = { readonly kind: "done" } | Decision;

export const DONE: Outcome = { kind: "done" };
