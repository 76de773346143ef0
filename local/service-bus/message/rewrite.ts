import { encodeSection, encodeValue } from "../wire/encode.ts";
import { isPresent, rawCompound, rawItems } from "../wire/raw.ts";
import { findSection, Section, splitSections } from "../wire/sections.ts";
import { type AmqpMap, nothing, text } from "../wire/values.ts";
import { positions, type SystemProperty } from "./fields.ts";

/** What a rule's action changed. */
export interface Changes {
  /** System properties to set, or to remove where the value is undefined. */
  readonly system: ReadonlyMap<SystemProperty, string | undefined>;
  /** All application properties as they are to be; undefined = as they were sent. */
  readonly application: AmqpMap | undefined;
}

/** The message with other properties; header, annotations and body keep their bytes. @throws MalformedAmqp */
export function rewrite(payload: Buffer, { system, application }: Changes): Buffer {
  const sections = splitSections(payload);
  const part = (descriptor: number): Buffer => {
    const section = findSection(sections, descriptor);
    return section === undefined ? NO_BYTES : payload.subarray(section.start, section.end);
  };
  const before = sections.filter(({ descriptor }) => descriptor < Section.properties);
  const after = sections.filter(({ descriptor }) => descriptor > Section.applicationProperties);
  const slice = ({ start, end }: { start: number; end: number }): Buffer => payload.subarray(start, end);
  return Buffer.concat([
    ...before.map(slice),
    system.size === 0 ? part(Section.properties) : propertiesWith(payload, system),
    application === undefined
      ? part(Section.applicationProperties)
      : encodeSection(Section.applicationProperties, application),
    ...after.map(slice),
  ]);
}

const NO_BYTES = Buffer.alloc(0);
const NULL = encodeValue(nothing);

function propertiesWith(payload: Buffer, system: Changes["system"]): Buffer {
  const section = findSection(splitSections(payload), Section.properties);
  const items = section === undefined ? [] : rawItems(payload, section.value);
  const fields = items.map((item) =>
    isPresent(payload, item) ? payload.subarray(item.start, item.end) : NULL,
  );
  for (const [name, value] of system) {
    const position = positions[name];
    while (fields.length <= position) fields.push(NULL);
    fields[position] = value === undefined ? NULL : encodeValue(text(value));
  }
  const head = Buffer.from([0x00, 0x53, Section.properties]);
  return Buffer.concat([head, rawCompound(0xd0, fields.length, fields)]);
}
