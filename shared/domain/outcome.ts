import type { Decision } from "./retry.ts";

/** What became of a message that was handled without a crash; `shared/bindings/message.ts` carries it out. */
export type Outcome =
  | { readonly kind: "done" }
  | Exclude<Decision, { kind: "park" }>
  /** `attempts` where they are not those of the message. */
  | (Extract<Decision, { kind: "park" }> & { readonly attempts?: number });

export const DONE: Outcome = { kind: "done" };
