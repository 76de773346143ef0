import { TransientFault } from "#shared/ports/faults.ts";
import { createAgents, exchange, type Incoming } from "./exchange.ts";
import { faultOfStatus, retryAfterMs } from "./faults.ts";

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const NOT_FOUND = 404;

export interface PartnerApiOptions {
  /** Who it is, for the descriptions of faults. */
  readonly partner: string;
  /** With or without a slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs?: number | undefined;
}

export interface PartnerCall {
  readonly method: "GET" | "POST" | "PUT";
  /** Below the base URL, beginning with a slash. */
  readonly path: string;
  readonly idempotencyKey?: string;
  readonly body?: unknown;
  /** Statuses which the caller understands, besides 2xx; all others become faults. */
  readonly understood?: readonly number[];
  /**
   * The partner's own code for "I know no such thing": a 404 with it is understood too. Any other 404 comes from whatever
   * stands at a wrong address, and says nothing about the thing.
   */
  readonly unknownIs?: string;
}

export interface PartnerAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls one partner's JSON API with its key. Throws TransientFault and PermanentFault, see `faultOfStatus`. */
export type PartnerApi = (call: PartnerCall) => Promise<PartnerAnswer>;

export function createPartnerApi(options: PartnerApiOptions): PartnerApi {
  const { partner, apiKey, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const base = options.baseUrl.replace(/\/+$/, "");
  const agents = createAgents();
  return async ({ method, path, idempotencyKey, body, understood = [], unknownIs }) => {
    const incoming = await exchange(agents, {
      method,
      url: new URL(base + path),
      headers: {
        accept: "application/json",
        authorization: `Bearer ${apiKey}`,
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status } = incoming;
    const code = isSuccess(status) ? undefined : codeOf(incoming);
    const isUnknown = status === NOT_FOUND && unknownIs !== undefined;
    if (isSuccess(status) || understood.includes(status) || (isUnknown && code === unknownIs)) {
      return { status, body: parse(partner, incoming) };
    }
    const wait = retryAfterMs(incoming.headers["retry-after"], Date.now());
    throw faultOfStatus({ partner, status, code: isUnknown ? undefined : code, retryAfterMs: wait });
  };
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function parse(partner: string, { status, body }: Incoming): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw notUnderstood(partner, status, cause);
  }
}

/** The call may well have counted: only the words about it were lost. */
export function notUnderstood(partner: string, status: number, cause?: unknown): TransientFault {
  const description = `${partner} answered ${status} with a body that makes no sense`;
  return new TransientFault(description, { unknownOutcome: true, cause });
}

function codeOf({ body }: Incoming): string | undefined {
  try {
    const parsed: { error?: { code?: unknown } } | null = JSON.parse(body.toString("utf8"));
    return typeof parsed?.error?.code === "string" ? parsed.error.code : undefined;
  } catch {
    return undefined;
  }
}
