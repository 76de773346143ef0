import type { Order } from "#shared/contracts/order.ts";
import type { QuestionView } from "#shared/contracts/resources.ts";
import { totalOf } from "#shared/domain/order.ts";
import { choicesFor } from "#shared/domain/question.ts";
import type { QuestionName } from "#shared/domain/question-link.ts";
import type { Directory } from "#shared/ports/directory.ts";
import type { OrderReader } from "#shared/ports/order-reader.ts";
import { refOf } from "./answer-question.ts";

export interface ReadQuestionDeps {
  readonly orders: OrderReader;
  readonly directory: Directory;
}

/** The question as its customer may read it; undefined when there is no such order. Changes nothing. */
export async function readQuestion(
  { orders, directory }: ReadQuestionDeps,
  name: QuestionName,
  nowMs: number,
): Promise<{ readonly view: QuestionView; readonly locale: string } | undefined> {
  const [order, brand] = await Promise.all([orders.get(refOf(name)), directory.brand(name.brandId)]);
  if (order === undefined) return undefined;
  const { attention } = order;
  const state = stateOf(order, name, nowMs);
  const common = { state, brand: brand?.name ?? "", reference: order.reference ?? order.id };
  if (state !== "open" || attention === undefined) return { view: common, locale: order.locale };
  const inStock = order.lines.filter(({ sku }) => !attention.skus.includes(sku));
  const choices = choicesFor(order);
  const view: QuestionView = {
    ...common,
    order: {
      reason: attention.reason,
      until: attention.until,
      choices,
      lines: order.lines.map((line) => ({ ...line, inStock: inStock.includes(line) })),
      currency: order.currency,
      totalMinor: order.totalMinor,
      ...(choices.includes("partial") ? { partialTotalMinor: totalOf(inStock) } : {}),
      ...(brand?.cardPage === undefined ? {} : { cardPage: brand.cardPage }),
    },
  };
  return { view, locale: order.locale };
}

function stateOf(
  order: Order,
  { question, expiresAtMs }: QuestionName,
  nowMs: number,
): QuestionView["state"] {
  if (order.status === "cancelled" || order.status === "refunded") {
    const wasAnswered = order.answers?.some((one) => one.question === question) ?? false;
    return nowMs >= expiresAtMs && !wasAnswered ? "expired" : "cancelled";
  }
  if (order.attention?.question !== question) return "answered";
  // The order's own deadline, which may have been put off since the link was made.
  return nowMs >= Date.parse(order.attention.until) ? "expired" : "open";
}
