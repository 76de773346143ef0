import * as fc from "fast-check";
import type { Order } from "#shared/contracts/order.ts";
import { handOver, recordSale } from "#shared/domain/hand-over.ts";
import { cancelOrder, confirmOrder, recordReturn, type Transition } from "#shared/domain/order.ts";
import { type Answer, answerQuestion, askCustomer, followUp } from "#shared/domain/question.ts";
import { NOON, noonPlus, published } from "./orders.ts";

const answer = (order: Order, given: Answer, at: string): Transition<string> =>
  answerQuestion(order, order.attention?.question ?? 1, given, { at });

const commands = {
  confirm: (order: Order, at: string) => confirmOrder(order, { at }),
  "ask about the payment": (order: Order, at: string) =>
    askCustomer(order, { reason: "payment-declined" }, { at }),
  "ask about the stock": (order: Order, at: string) =>
    askCustomer(order, { reason: "out-of-stock", skus: ["BUTTER"] }, { at }),
  "answer with a new card": (order: Order, at: string) =>
    answer(order, { choice: "new-card", token: "tok_2" }, at),
  "answer to try again": (order: Order, at: string) => answer(order, { choice: "try-again" }, at),
  "answer to go without": (order: Order, at: string) => answer(order, { choice: "partial" }, at),
  "answer to cancel": (order: Order, at: string) => answer(order, { choice: "cancel" }, at),
  remind: (order: Order) => followUp(order, { at: order.dueAt ?? NOON }),
  "hear nothing": (order: Order) => followUp(order, { at: order.attention?.until ?? NOON }),
  "hand over at the mill": (order: Order, at: string) => handOver(order, "vendor-mill", { at }),
  "hand over at the dairy": (order: Order, at: string) => handOver(order, "vendor-dairy", { at }),
  sell: (order: Order, at: string) => recordSale(order, { at }),
  cancel: (order: Order, at: string) => cancelOrder(order, "changed my mind", { at }),
  "return nothing": (order: Order, at: string) => recordReturn(order, "not-taken", { at }),
  "return the money": (order: Order, at: string) => recordReturn(order, "refunded", { at }),
} satisfies Record<string, (order: Order, at: string) => Transition<string>>;

export type Command = keyof typeof commands | "publish";
const isCommand = (name: string): name is Command => name in commands || name === "publish";
export const everyCommand = [...Object.keys(commands), "publish"].filter(isCommand);
export const anyCommands = () => fc.array(fc.constantFrom(...everyCommand), { maxLength: 14 });

export interface Step {
  readonly before: Order;
  readonly after: Order;
}

/** Runs the commands one after the other; answers the steps that were allowed, publications aside. */
export function live(order: Order, sequence: readonly Command[]): Step[] {
  const steps: Step[] = [];
  let now = order;
  for (const [position, command] of sequence.entries()) {
    if (command === "publish") {
      now = published(now);
      continue;
    }
    // Time never goes back, not even after a deadline that was reached.
    const later = new Date(Math.max(Date.parse(now.updatedAt), Date.parse(noonPlus(position * 1000))) + 1000);
    const transition: Transition<string> = commands[command](now, later.toISOString());
    if (!transition.ok) continue;
    steps.push({ before: now, after: transition.order });
    now = transition.order;
  }
  return steps;
}
