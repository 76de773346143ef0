import { TransientFault } from "#shared/ports/faults.ts";

/** Cosmos DB's status codes that the adapters decide by. */
export const status = {
  ok: 200,
  notFound: 404,
  conflict: 409,
  preconditionFailed: 412,
  failedDependency: 424,
} as const;

/** Time-out, moved partition, throttled, retry-with; and 401/403, which an operator mends while messages wait. */
const temporary: ReadonlySet<number> = new Set([401, 403, 408, 410, 429, 449]);

const isTemporary = (code: number): boolean => temporary.has(code) || code >= 500;

/**
 * Throws TransientFault where one of several operations of a request only met a bad moment. For the whole request the client
 * throws by itself; of its parts it tells the status.
 */
export function throwIfTemporary(codes: readonly number[], what: string): void {
  const code = codes.find(isTemporary);
  if (code !== undefined) throw new TransientFault(`Cosmos DB answered ${code} to ${what}`);
}

/** Errors of the client come in several classes; only these members are common to them. */
const member = (error: unknown, name: "code" | "cause" | "message" | "retryAfterInMs"): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;

/** The HTTP status in whatever the client threw; undefined for a network error. */
export function statusOf(error: unknown): number | undefined {
  const code = member(error, "code");
  const cause = member(error, "cause");
  if (typeof code === "number") return code;
  return cause === undefined || cause === error ? undefined : statusOf(cause);
}

/** Time-outs and lost connections carry a code in words, somewhere along their causes; a bug of ours does not. */
function isOfTheNetwork(error: unknown): boolean {
  const code = member(error, "code");
  if (typeof code === "string") return !code.startsWith("ERR_INVALID");
  if (error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError")) return true;
  const cause = member(error, "cause");
  return cause !== undefined && cause !== error && isOfTheNetwork(cause);
}

/**
 * Turns what the client threw into a fault, and rethrows everything that is a bug of ours (400, 413, a TypeError). After
 * a lost connection nobody knows whether a write happened; every write of ours may simply be repeated.
 */
export function translateCosmosError(error: unknown): never {
  if (error instanceof TransientFault) throw error;
  const code = statusOf(error);
  if (code === undefined && !isOfTheNetwork(error)) throw error;
  if (code !== undefined && code >= 400 && !isTemporary(code)) throw error;
  const retryAfterMs = member(error, "retryAfterInMs");
  throw new TransientFault(`Cosmos DB answered ${code ?? "nothing"}: ${String(member(error, "message"))}`, {
    cause: error,
    unknownOutcome: code === undefined || code === 408 || code >= 500,
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  });
}

/** Runs one call of the client and translates its errors. */
export async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    return translateCosmosError(error);
  }
}
