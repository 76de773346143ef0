import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { WebhookSender } from "#shared/ports/webhook-sender.ts";
import { createAgents, exchange, type Incoming } from "../http/exchange.ts";
import { kindOfBusy, retryAfterMs } from "../http/faults.ts";
import { signedHeaders } from "./signature.ts";
import { checkTarget, type Resolve } from "./target.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
/** Nobody reads what vendors answer; this much is let in so that the connection can be used again. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface WebhookSenderOptions {
  /** 15 s when not given. */
  readonly timeoutMs?: number;
  /** `host:port` pairs that may be reached although they're private or plain http. */
  readonly allowPrivate: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** The system's resolver when not given. */
  readonly resolve?: Resolve;
}

/** Refusals that vendors mend without our doing: broken authentication, a route that's deployed late. */
const MENDABLE: ReadonlySet<number> = new Set([401, 403, 404]);
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts signed webhooks to URLs that vendors choose: only to public addresses over https (see `checkTarget`), redirects
 * not followed, answers not read.
 *
 * | outcome | class |
 * |---|---|
 * | no answer, 408, 425, 5xx | transient |
 * | 429, 503 with Retry-After | throttled |
 * | 401, 403, 404 | mendable: seldom tried, for a day |
 * | 410 | permanent, `Gone`: the vendor wants no more of these |
 * | 3xx | permanent, `Redirected` |
 * | other 4xx | permanent, `WebhookRefused` |
 * | URL or address not allowed | permanent, `UnusableUrl`, `AddressRefused` |
 */
export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, now } = options;
  const allowed = new Set(options.allowPrivate.map((pair) => pair.trim().toLowerCase()));
  const agents = createAgents();
  return {
    async post(request) {
      const { url, lookup } = checkTarget(request.url, allowed, options.resolve);
      const incoming = await exchange(agents, {
        method: "POST",
        url,
        headers: {
          "content-type": "application/json",
          "user-agent": "Expedite-Webhooks/1",
          ...signedHeaders(request, now()),
        },
        body: request.body,
        timeoutMs,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        lookup,
      });
      if (incoming.status < 200 || incoming.status > 299) throw faultOf(incoming, url, now());
    },
  };
}

function faultOf({ status, headers }: Incoming, url: URL, nowMs: number): TransientFault | PermanentFault {
  const description = `${url.host} answered ${status}`;
  if (MENDABLE.has(status)) return new TransientFault(description, { kind: "mendable" });
  if (status >= 500 || LATER.has(status)) {
    const wait = retryAfterMs(headers["retry-after"], nowMs);
    const kind = kindOfBusy(status, wait);
    return new TransientFault(description, wait === undefined ? { kind } : { kind, retryAfterMs: wait });
  }
  if (status === 410) return new PermanentFault("Gone", description);
  if (status >= 300 && status < 400) return new PermanentFault("Redirected", description);
  return new PermanentFault("WebhookRefused", description);
}
