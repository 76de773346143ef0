import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../worker/wire.ts";

/** A body Azure's host cannot turn into a function's argument; the invocation fails, the message is retried. */
export class UnsupportedBody extends Error {
  override readonly name = "UnsupportedBody";
}

const NO_BYTES = Buffer.alloc(0);

/**
 * A message's body as the handler's argument. Text travels as `string`, which the library then tries as JSON;
 * `binary` (the trigger's dataType) hands it over as Buffer.
 *
 * @param message received with `skipParsingBodyAsJson`.
 * @throws UnsupportedBody for AMQP value bodies other than text, and for sequences.
 */
export function bodyOf(message: ServiceBusReceivedMessage, binary: boolean): TypedData {
  const body: unknown = message.body;
  // oxlint-disable-next-line no-underscore-dangle -- the client's published name
  const kind = message._rawAmqpMessage.bodyType ?? "data";
  if (kind === "data") {
    const bytes =
      body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.length) : NO_BYTES;
    return binary ? { bytes } : { string: bytes.toString("utf8") };
  }
  if (kind === "value" && typeof body === "string") {
    return binary ? { bytes: Buffer.from(body) } : { string: body };
  }
  throw new UnsupportedBody(`the message has an AMQP ${kind} body, which only works as text`);
}
