import { decodeMap, decodeValue } from "../wire/decode.ts";
import { isPresent, rawItems } from "../wire/raw.ts";
import { findSection, Section, splitSections } from "../wire/sections.ts";
import { type AmqpMap, type AmqpValue, entryOf } from "../wire/values.ts";

/** The system properties a rule can look at, by their position in the AMQP properties list. */
export const positions = {
  messageId: 0,
  to: 2,
  subject: 3,
  replyTo: 4,
  correlationId: 5,
  contentType: 6,
  sessionId: 10,
  replyToSessionId: 12,
} as const;

export type SystemProperty = keyof typeof positions;

/** What rules see of a message; decoded when first asked for, since most messages meet few rules. */
export interface MessageFields {
  /** The system property as text; undefined when it is absent. */
  system(name: SystemProperty): string | undefined;
  application(name: string): AmqpValue | undefined;
  /** All application properties, in the order they were sent. */
  applicationProperties(): AmqpMap;
  /** A message annotation; undefined when it is absent or null. */
  annotation(name: string): AmqpValue | undefined;
}

export function fieldsOf(payload: Buffer): MessageFields {
  const sections = splitSections(payload);
  const properties = findSection(sections, Section.properties);
  const items = properties === undefined ? [] : rawItems(payload, properties.value);
  const maps = new Map<number, AmqpMap>();
  const mapIn = (descriptor: number): AmqpMap => {
    let map = maps.get(descriptor);
    if (map === undefined) {
      const section = findSection(sections, descriptor);
      map = section === undefined ? { type: "map", value: [] } : decodeMap(payload, section.value);
      maps.set(descriptor, map);
    }
    return map;
  };
  return {
    system(name) {
      const item = items[positions[name]];
      return isPresent(payload, item) ? asText(decodeValue(payload, item.start)[0]) : undefined;
    },
    application: (name) => entryOf(mapIn(Section.applicationProperties), name),
    applicationProperties: () => mapIn(Section.applicationProperties),
    annotation: (name) => entryOf(mapIn(Section.messageAnnotations), name),
  };
}

function asText(value: AmqpValue): string | undefined {
  if (value.type === "string" || value.type === "symbol") return value.value;
  if (value.type === "ulong") return value.value.toString();
  if (value.type === "uuid" || value.type === "binary") return value.value.toString("hex");
  return undefined;
}
