import { decodeMap } from "../wire/decode.ts";
import { encodeSection } from "../wire/encode.ts";
import { findSection, Section, splitSections } from "../wire/sections.ts";
import { type AmqpMap, type AmqpValue, entryOf, nothing, text, textOf } from "../wire/values.ts";

/** Application properties to add or overwrite; a null value is left out. */
export type Amendments = readonly (readonly [name: string, value: AmqpValue])[];

/**
 * The message with application properties added or overwritten. That is where the client looks for the
 * reason of a dead letter and for the properties that a settlement modified.
 */
export function amend(payload: Buffer, amendments: Amendments): Buffer {
  const wanted = amendments.filter(([, value]) => value.type !== "null");
  if (wanted.length === 0) return payload;
  const sections = splitSections(payload);
  const section = findSection(sections, Section.applicationProperties);
  const before =
    section === undefined ? { type: "map" as const, value: [] } : decodeMap(payload, section.value);
  const names = new Set(wanted.map(([name]) => name));
  const properties: AmqpMap = {
    type: "map",
    value: [
      ...before.value.filter(([name]) => !names.has(textOf(name) ?? "")),
      ...wanted.map(([name, value]) => [text(name), value] as const),
    ],
  };
  const cut = section ?? sections.find(({ descriptor }) => descriptor > Section.applicationProperties);
  const start = cut?.start ?? payload.length;
  const end = section?.end ?? start;
  return Buffer.concat([
    payload.subarray(0, start),
    encodeSection(Section.applicationProperties, properties),
    payload.subarray(end),
  ]);
}

/** Reason and description as the service writes them, then the caller's own properties. */
export function deadLetterAmendments(
  reason?: string,
  description?: string,
  more: Amendments = [],
): Amendments {
  return [
    [REASON, reason === undefined ? nothing : text(reason)],
    [DESCRIPTION, description === undefined ? nothing : text(description)],
    ...more,
  ];
}

/** A map of properties to modify, as amendments. */
export function amendmentsOf(map: AmqpMap | undefined): Amendments {
  return (map?.value ?? []).flatMap(([key, value]) => {
    const name = textOf(key);
    return name === undefined ? [] : [[name, value] as const];
  });
}

const REASON = "DeadLetterReason";
const DESCRIPTION = "DeadLetterErrorDescription";

/** Reason, description and further properties, from the error info of a rejection. */
export function deadLetterFields(info: AmqpMap | undefined): {
  readonly reason: string | undefined;
  readonly description: string | undefined;
  readonly more: Amendments;
} {
  const field = (name: string): string | undefined =>
    info === undefined ? undefined : textOf(entryOf(info, name));
  return {
    reason: field(REASON),
    description: field(DESCRIPTION),
    more: amendmentsOf(info).filter(([name]) => name !== REASON && name !== DESCRIPTION),
  };
}
