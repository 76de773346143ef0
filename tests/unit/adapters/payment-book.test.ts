import { expect, test } from "vitest";
import { createHttpPaymentBook } from "#shared/adapters/payments/http-payment-book.ts";
import { useHttpServer } from "./use-http-server.ts";

/** A provider that answers each page as the test says. */
async function useProvider(
  pageOf: (query: URLSearchParams) => unknown,
): Promise<{ readonly url: string; readonly asked: URLSearchParams[] }> {
  const asked: URLSearchParams[] = [];
  const url = await useHttpServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://x");
    asked.push(searchParams);
    response.end(JSON.stringify(pageOf(searchParams)));
  });
  return { url, asked };
}

const payment = { key: "pay_1", orderId: "ord_1", state: "captured", amountMinor: 1, currency: "AUD" };

test("a provider whose list has no end is given up: a page that names itself as the next", async () => {
  const { url, asked } = await useProvider(() => ({ payments: [payment], next: "the-same" }));
  const book = createHttpPaymentBook({ baseUrl: url, apiKey: "a-key" });
  await expect(book.ofOrder("ord_1")).rejects.toMatchObject({ name: "TransientFault" });
  expect(asked).toHaveLength(2);
});

test("pages with all the members that a provider may add fit into what is read of an answer", async () => {
  const more = { createdAt: "2026-01-01T12:00:00.000Z", note: "x".repeat(300) };
  const { url } = await useProvider((query) => ({
    payments: Array.from({ length: Number(query.get("limit")) }, () => ({ ...payment, ...more })),
  }));
  const book = createHttpPaymentBook({ baseUrl: url, apiKey: "a-key" });
  expect((await book.ofOrder("ord_1")).length).toBeGreaterThan(50);
});
