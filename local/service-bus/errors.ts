import { MAX_MESSAGE_BYTES } from "./limits.ts";

/** Why the broker refuses something. A closed list; the AMQP and HTTP forms follow from the code. */
export const conditions = {
  /** No such entity, or none of that kind at that place. */
  notFound: "amqp:not-found",
  /** Understood, known, but this entity or link does not allow it. */
  notAllowed: "amqp:not-allowed",
  /** Something that Service Bus has and this broker does not (yet). */
  notImplemented: "amqp:not-implemented",
  /** No token, a wrong key, an expired token, or a claim that is missing. */
  unauthorized: "amqp:unauthorized-access",
  /** Bytes that are not AMQP, or a request without a required field. */
  invalid: "com.microsoft:argument-error",
  tooLarge: "amqp:link:message-size-exceeded",
  lockLost: "com.microsoft:message-lock-lost",
  /** The session is not, or no longer, held by whoever asks. */
  sessionLockLost: "com.microsoft:session-lock-lost",
  /** Somebody else holds the session. */
  sessionCannotBeLocked: "com.microsoft:session-cannot-be-locked",
  /** No session had a message within the time the receiver was ready to wait. */
  timeout: "com.microsoft:timeout",
  /** An administrator switched sending or receiving off. */
  disabled: "com.microsoft:entity-disabled",
  /** The entity holds as many bytes as it may. */
  quotaExceeded: "amqp:resource-limit-exceeded",
  messageNotFound: "com.microsoft:message-not-found",
  alreadyExists: "com.microsoft:entity-already-exists",
  internal: "amqp:internal-error",
} as const;

export type ErrorCode = keyof typeof conditions;

/** A refusal on its way to the client. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, description: string, options?: ErrorOptions) {
    super(description, options);
    this.code = code;
  }

  /** The AMQP error condition. */
  get condition(): string {
    return conditions[this.code];
  }
}

/** The text is the service's: the client recognises the error by it. */
export const entityNotFound = (uri: string): BrokerError =>
  new BrokerError("notFound", `The messaging entity '${uri}' could not be found.`);

export const messageTooLarge = (bytes: number): BrokerError =>
  new BrokerError(
    "tooLarge",
    `The received message (size ${bytes} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes) currently allowed.`,
  );

export const lockLost = (): BrokerError =>
  new BrokerError(
    "lockLost",
    "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
  );

export const sessionLockLost = (session: string): BrokerError =>
  new BrokerError(
    "sessionLockLost",
    `The session lock has expired on the session with id '${session}', or it is held by another receiver.`,
  );

export const entityDisabled = (path: string, operation: "send" | "receive"): BrokerError =>
  new BrokerError("disabled", `The messaging entity '${path}' is disabled for ${operation} operations.`);

/** Anything that was thrown, as a refusal; bugs and disk faults become internal errors. */
export function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  if (error instanceof Error && error.name === "MalformedAmqp") {
    return new BrokerError("invalid", error.message, { cause: error });
  }
  return new BrokerError("internal", "The broker could not carry out the operation.", { cause: error });
}
