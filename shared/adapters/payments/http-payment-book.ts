import { z } from "zod";
import type { PaymentRecord } from "#shared/domain/reconcile/records.ts";
import type { PaymentBook } from "#shared/ports/books.ts";
import { createPartnerApi, notUnderstood } from "../http/partner-api.ts";

const PARTNER = "Payments";
/** So few that a page fits into what is read of an answer, whatever else the provider says of each payment. */
const PAGE = 100;

const Page = z.object({
  payments: z.array(
    z.object({
      key: z.string(),
      orderId: z.string(),
      state: z.enum(["authorised", "captured", "declined", "voided", "refunded"]),
      amountMinor: z.int(),
      currency: z.string(),
    }),
  ),
  next: z.string().optional(),
});

/**
 * What the payment provider has on its books: `GET /payments?from=&after=&limit=` and `GET /payments?orderId=`. A page
 * that is not the last one names the next. Throws TransientFault where a list has no end.
 */
export function createHttpPaymentBook(options: {
  readonly baseUrl: string;
  readonly apiKey: string;
}): PaymentBook {
  const call = createPartnerApi({ partner: PARTNER, ...options });
  async function* pages(question: Readonly<Record<string, string>>): AsyncGenerator<PaymentRecord> {
    let after: string | undefined;
    do {
      const query = new URLSearchParams({
        ...question,
        limit: String(PAGE),
        ...(after === undefined ? {} : { after }),
      });
      const { status, body } = await call({ method: "GET", path: `/payments?${query.toString()}` });
      const page = Page.safeParse(body);
      if (!page.success) throw notUnderstood(PARTNER, status, page.error);
      yield* page.data.payments;
      if (after !== undefined && page.data.next === after) throw notUnderstood(PARTNER, status);
      after = page.data.next;
    } while (after !== undefined);
  }
  return {
    since: (from) => pages({ from }),
    async ofOrder(orderId) {
      const payments: PaymentRecord[] = [];
      for await (const payment of pages({ orderId })) payments.push(payment);
      return payments;
    },
  };
}
