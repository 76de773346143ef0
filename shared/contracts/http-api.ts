import type { z } from "zod";
import type { Scope } from "./directory.ts";
import { FindingList } from "./finding.ts";
import { OrderRequest } from "./order-request.ts";
import type { ProblemName } from "./problems.ts";
import {
  AnswerRequest,
  CancellationRequest,
  CircuitList,
  HandOverReceipt,
  Health,
  OrderPage,
  OrderReceipt,
  OrderView,
  QuestionView,
} from "./resources.ts";

export interface HttpOperation {
  readonly id: string;
  readonly method: "GET" | "POST";
  /** Below `/api/`, with parameters in braces. */
  readonly path: string;
  readonly summary: string;
  readonly scope?: Scope;
  readonly headers?: readonly string[];
  readonly query?: readonly string[];
  readonly body?: { readonly schema: z.ZodType; readonly required: boolean };
  /** People's browsers use it too: it takes forms, and answers with pages where HTML is asked for. */
  readonly forBrowsers?: boolean;
  readonly answer: { readonly status: number; readonly description: string; readonly schema?: z.ZodType };
  readonly problems: readonly ProblemName[];
}

const behindKey = ["unauthorized", "forbidden", "store-unavailable"] as const;
const withBody = ["too-large", "unsupported-media-type", "malformed-json", "invalid"] as const;

/** Every operation of the API. The OpenAPI document is made from it; a test compares it with the functions. */
export const httpOperations: readonly HttpOperation[] = [
  {
    id: "post-order",
    method: "POST",
    path: "orders",
    summary: "Place an order. Repeat it with the same Idempotency-Key as often as you like.",
    scope: "storefront",
    headers: ["Idempotency-Key"],
    body: { schema: OrderRequest, required: true },
    answer: { status: 202, description: "Accepted; Location tells where to follow it", schema: OrderReceipt },
    problems: [
      ...behindKey,
      "idempotency-key-missing",
      "invalid-header",
      ...withBody,
      "idempotency-key-reused",
    ],
  },
  {
    id: "list-orders",
    method: "GET",
    path: "orders",
    summary: "The brand's orders, the newest first",
    scope: "storefront",
    query: ["status", "after", "limit"],
    answer: { status: 200, description: "One page", schema: OrderPage },
    problems: [...behindKey, "invalid-query"],
  },
  {
    id: "get-order",
    method: "GET",
    path: "orders/{id}",
    summary: "One order with its timeline and every notice",
    scope: "storefront",
    headers: ["If-None-Match"],
    answer: { status: 200, description: "The order; 304 when If-None-Match still holds", schema: OrderView },
    problems: [...behindKey, "not-found"],
  },
  {
    id: "post-cancellation",
    method: "POST",
    path: "orders/{id}/cancellation",
    summary: "Cancel an order until it is handed over",
    scope: "storefront",
    body: { schema: CancellationRequest, required: false },
    answer: {
      status: 202,
      description: "Cancelled; goods and money go back by themselves",
      schema: OrderReceipt,
    },
    problems: [...behindKey, "not-found", "handed-over", ...withBody],
  },
  {
    id: "get-question",
    method: "GET",
    path: "questions/{token}",
    summary: "The question behind a signed link, for the customer who got it by mail; changes nothing",
    forBrowsers: true,
    answer: { status: 200, description: "The question, or what became of it", schema: QuestionView },
    problems: ["not-found", "store-unavailable"],
  },
  {
    id: "post-answer",
    method: "POST",
    path: "questions/{token}",
    summary: "Answer a question; the same answer may be given again",
    body: { schema: AnswerRequest, required: true },
    forBrowsers: true,
    answer: {
      status: 202,
      description: "Taken; a browser gets 303 and sees the question again",
      schema: OrderReceipt,
    },
    problems: [
      "not-found",
      "question-closed",
      "answered-otherwise",
      "not-offered",
      ...withBody,
      "store-unavailable",
    ],
  },
  {
    id: "post-handover",
    method: "POST",
    path: "vendor/orders/{id}/handover",
    summary: "A vendor's lines of an order are on their way; from now on it cannot be cancelled",
    scope: "vendor",
    answer: { status: 200, description: "Recorded, now or before", schema: HandOverReceipt },
    problems: [...behindKey, "not-found", "not-confirmed"],
  },
  {
    id: "list-circuits",
    method: "GET",
    path: "ops/circuits",
    summary: "Partners and endpoints with trouble now or before, and how many deliveries wait for them",
    scope: "ops",
    answer: { status: 200, description: "Those in trouble first", schema: CircuitList },
    problems: [...behindKey],
  },
  {
    id: "list-findings",
    method: "GET",
    path: "ops/findings",
    summary: "What does not agree between orders, stock, payments and notices, the oldest first",
    scope: "ops",
    answer: { status: 200, description: "All open findings", schema: FindingList },
    problems: [...behindKey],
  },
  {
    id: "health-live",
    method: "GET",
    path: "health/live",
    summary: "The process answers",
    answer: { status: 200, description: "It does", schema: Health },
    problems: [],
  },
  {
    id: "health-ready",
    method: "GET",
    path: "health/ready",
    summary: "Orders can be taken; 503 with the same body when they cannot",
    answer: { status: 200, description: "They can", schema: Health },
    problems: [],
  },
  {
    id: "openapi",
    method: "GET",
    path: "openapi.json",
    summary: "This document",
    answer: { status: 200, description: "OpenAPI 3.1" },
    problems: [],
  },
];

/** Which methods an address knows; empty for an unknown address. */
export function methodsOf(path: string): string[] {
  const asked = path.toLowerCase().split("/");
  return httpOperations
    .filter((operation) => fits(operation.path.split("/"), asked))
    .map(({ method }) => method);
}

const fits = (template: readonly string[], asked: readonly string[]): boolean =>
  template.length === asked.length &&
  template.every((part, position) => part.startsWith("{") || part === asked[position]);
