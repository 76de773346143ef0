import { decodeMap, decodeValue, MalformedAmqp } from "../wire/decode.ts";
import { encodeSection } from "../wire/encode.ts";
import { isPresent, rawItems } from "../wire/raw.ts";
import { findSection, Section, splitSections } from "../wire/sections.ts";
import { type AmqpMap, type AmqpValue, list, nothing } from "../wire/values.ts";

/** A request to `$cbs` or `$management`. */
export interface Request {
  readonly messageId: AmqpValue;
  readonly replyTo: string;
  readonly properties: AmqpMap;
  readonly body: AmqpValue;
}

const MESSAGE_ID = 0;
const REPLY_TO = 4;
const CORRELATION_ID = 5;

/** @throws MalformedAmqp */
export function decodeRequest(bytes: Buffer): Request {
  const sections = splitSections(bytes);
  const properties = findSection(sections, Section.properties);
  const application = findSection(sections, Section.applicationProperties);
  const body = findSection(sections, Section.value);
  if (properties === undefined || application === undefined || body === undefined) {
    throw new MalformedAmqp("a request needs properties, application properties and a value");
  }
  const items = rawItems(bytes, properties.value);
  const at = (index: number): AmqpValue => {
    const item = items[index];
    return isPresent(bytes, item) ? decodeValue(bytes, item.start)[0] : nothing;
  };
  const replyTo = at(REPLY_TO);
  return {
    messageId: at(MESSAGE_ID),
    replyTo: replyTo.type === "string" ? replyTo.value : "",
    properties: decodeMap(bytes, application.value),
    body: decodeValue(bytes, body.value)[0],
  };
}

/** The reply to a request: its id (same type) comes back as correlation id. */
export function encodeReply(messageId: AmqpValue, properties: AmqpMap, body: AmqpValue): Buffer {
  const fields: AmqpValue[] = Array.from({ length: CORRELATION_ID }, () => nothing);
  return Buffer.concat([
    encodeSection(Section.properties, list([...fields, messageId])),
    encodeSection(Section.applicationProperties, properties),
    encodeSection(Section.value, body),
  ]);
}
