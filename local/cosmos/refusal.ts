/**
 * Why a request is refused. Codes are those of the service; its clients look at the status and the sub-status.
 * https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb
 */
const codes: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  408: "RequestTimeout",
  409: "Conflict",
  410: "Gone",
  412: "PreconditionFailed",
  413: "RequestEntityTooLarge",
  424: "FailedDependency",
  429: "TooManyRequests",
  449: "RetryWith",
  500: "InternalServerError",
  503: "ServiceUnavailable",
};

export const SubStatus = {
  partitionKeyMismatch: 1001,
  partitionKeyRangeGone: 1002,
  ownerNotFound: 1003,
  crossPartitionQueryNotServable: 1004,
  throttled: 3200,
} as const;

export interface RefusalDetails {
  readonly subStatus?: number;
  readonly retryAfterMs?: number;
  /** Further members of the error body. */
  readonly body?: Readonly<Record<string, string>>;
}

/** Thrown wherever a request cannot be served; the HTTP layer turns it into the error reply. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly details: RefusalDetails;

  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export function codeOf(status: number): string {
  return codes[status] ?? "Error";
}

export const badRequest = (message: string, details?: RefusalDetails): Refusal =>
  new Refusal(400, message, details);

export const notSupported = (what: string): Refusal =>
  new Refusal(400, `${what} is not supported by this endpoint.`);

export const notFound = (what: string, details?: RefusalDetails): Refusal =>
  new Refusal(404, `Entity with the specified id does not exist in the system. ${what}`, details);

/** A client that gets this reads the key ranges again. */
export const rangeGone = (id: string): Refusal =>
  new Refusal(410, `The requested key range '${id}' is gone.`, {
    subStatus: SubStatus.partitionKeyRangeGone,
  });
