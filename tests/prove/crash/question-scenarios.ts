import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { effectsOfConfirmed, vendorsOf } from "../../journey/support/partner-books.ts";
import { asked, confirmed, fulfilled, mail, type Promised } from "./promised.ts";
import type { Scenario } from "./scenario.ts";

const HOUR = 3_600_000;

const withToken =
  (token: string) =>
  (request: OrderRequest): OrderRequest => ({ ...request, payment: { token } });

/** Only some of the goods, so that the others are held and given back. */
const partlySoldOut = (request: OrderRequest): OrderRequest => ({
  ...request,
  lines: request.lines.map((line, index) => (index > 0 ? line : { ...line, sku: `${line.sku}-SOLD-OUT` })),
});

/** Something stands in the way, and the customer is asked. */
export const questionScenarios: readonly Scenario[] = [
  {
    name: "the card is declined, another one is not, and all is handed over",
    request: withToken("tok_declined"),
    async play(stage) {
      await stage.place();
      await stage.settled(asked(stage));
      await stage.answer({ choice: "new-card", token: "tok_visa" });
      const { effects } = confirmed(stage);
      const went = { ...confirmed(stage), effects: [...effects, mail(stage, "order-attention")] };
      await stage.settled({ ...went, notices: { delivered: 5 } });
      for (const vendor of vendorsOf(stage.order)) await stage.handOver(vendor);
      await stage.settled(fulfilled(stage, { ...went, notices: { delivered: 5 } }));
    },
  },
  {
    name: "some of the goods are sold out, and the customer goes without",
    request: partlySoldOut,
    async play(stage) {
      await stage.place();
      await stage.settled(asked(stage));
      await stage.answer({ choice: "partial" });
      const { id, brand, request } = stage.order;
      const rest = { id, brand, request: { ...request, lines: request.lines.slice(1) } };
      const went: Promised = {
        effects: [...effectsOfConfirmed(rest), mail(stage, "order-attention")],
        status: "confirmed",
        notices: { delivered: 4 },
      };
      await stage.settled(went);
      for (const vendor of vendorsOf(rest)) await stage.handOver(vendor);
      await stage.settled(fulfilled(stage, went));
    },
  },
  {
    name: "a question is settled before the customer could be asked",
    request: withToken("tok_declined"),
    async play(stage) {
      await stage.make("mail", { mode: "down" });
      await stage.place();
      await stage.until(async () => await stage.notYet("needs-attention"));
      await stage.answer({ choice: "new-card", token: "tok_visa" });
      await stage.until(async () => await stage.noneIs("superseded"));
      await stage.make("mail", { mode: "ok" });
      await stage.settled({ ...confirmed(stage), notices: { delivered: 4, superseded: 1 } });
    },
  },
  {
    name: "the card is declined, and nobody answers",
    request: withToken("tok_declined"),
    async play(stage) {
      await stage.place();
      await stage.settled(asked(stage));
      stage.letPass(49 * HOUR);
      const reminded = [...asked(stage).effects, mail(stage, "order-attention-reminder")];
      await stage.settled({ effects: reminded, status: "needs-attention", notices: { delivered: 3 } });
      stage.letPass(24 * HOUR);
      const effects = [...reminded, mail(stage, "order-cancelled")];
      await stage.settled({ effects, status: "cancelled", notices: { delivered: 4, superseded: 2 } });
    },
  },
];
