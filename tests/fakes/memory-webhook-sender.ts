import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { WebhookRequest, WebhookSender } from "#shared/ports/webhook-sender.ts";

/** What the vendor's side does with the next webhook. */
export type VendorAnswer = { readonly status: number; readonly retryAfterSeconds?: number } | "hang-up";

export interface MemoryWebhookSender extends WebhookSender {
  /** What reached the vendor's side, refused or not, in order. */
  readonly received: readonly WebhookRequest[];
  answer(next: VendorAnswer): void;
}

const MENDABLE: ReadonlySet<number> = new Set([401, 403, 404]);
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Vendors in memory. They answer 200 unless told otherwise. */
export function createMemoryWebhookSender(): MemoryWebhookSender {
  const received: WebhookRequest[] = [];
  const answers: VendorAnswer[] = [];
  return {
    received,
    answer: (next) => void answers.push(next),
    async post(request) {
      await Promise.resolve();
      received.push(request);
      const answer = answers.shift() ?? { status: 200 };
      if (answer === "hang-up") throw new TransientFault("hung up", { unknownOutcome: true });
      const { status, retryAfterSeconds } = answer;
      if (status < 300) return;
      if (MENDABLE.has(status)) throw new TransientFault(`answered ${status}`, { kind: "mendable" });
      if (status >= 500 || LATER.has(status)) {
        const wait = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1_000 };
        const isThrottle = status === 429 || (status === 503 && retryAfterSeconds !== undefined);
        throw new TransientFault(`answered ${status}`, {
          ...wait,
          kind: isThrottle ? "throttled" : "transient",
        });
      }
      throw new PermanentFault(status === 410 ? "Gone" : "WebhookRefused", `answered ${status}`);
    },
  };
}
