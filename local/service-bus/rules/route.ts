import { fieldsOf, type MessageFields } from "../message/fields.ts";
import { type Candidate, compile } from "./compile.ts";
import type { Rule } from "./rule.ts";
import type { Arrival } from "./sql/system-properties.ts";
import { EvaluationFault } from "./sql/values.ts";

/** What the rules of a subscription make of a message. */
export interface Routed {
  /** A rule without action selected it: one copy as it was sent, however many such rules there are. */
  readonly asSent: boolean;
  /** One copy for each rule with an action that selected it. */
  readonly changed: readonly Buffer[];
  /** One text for each rule that could not be evaluated. */
  readonly faults: readonly string[];
}

/** A message for the rules of all subscriptions: decoded once, by the first that looks. @param payload the encoded message */
export function candidateOf(payload: Buffer, arrival: Arrival): Candidate {
  let fields: MessageFields | undefined;
  return {
    payload,
    arrival,
    get fields() {
      return (fields ??= fieldsOf(payload));
    },
  };
}

/** Runs the rules of one subscription in order. */
export function route(rules: Iterable<Rule>, candidate: Candidate): Routed {
  const changed: Buffer[] = [];
  const faults: string[] = [];
  let asSent = false;
  for (const rule of rules) {
    const { selects, change } = compile(rule);
    if (asSent && change === undefined) continue;
    try {
      if (!selects(candidate)) continue;
      if (change === undefined) asSent = true;
      else changed.push(change(candidate));
    } catch (error) {
      if (!(error instanceof EvaluationFault)) throw error;
      faults.push(`Rule '${rule.name}': ${error.message}`);
    }
  }
  return { asSent, changed, faults };
}
