import { MAX_MESSAGE_BYTES } from "../limits.ts";
import type { SystemProperty } from "../message/fields.ts";
import { rewrite } from "../message/rewrite.ts";
import {
  type AmqpMap,
  type AmqpValue,
  long,
  nothing,
  text,
  textOf as amqpTextOf,
  timestamp,
  uuid,
  binary,
} from "../wire/values.ts";
import type { Candidate } from "./compile.ts";
import { findProperty, propertiesOf } from "./message-properties.ts";
import { evaluate, type Properties } from "./sql/evaluate.ts";
import type { Statement } from "./sql/syntax.ts";
import { timespan } from "./timespan.ts";
import { readSystem, textProperty } from "./sql/system-properties.ts";
import { EvaluationFault, isNumber, type SqlValue, textOf } from "./sql/values.ts";

/** As Azure limits message ids and session ids, in characters. */
const MAX_ID = 128;

/**
 * The message as the statements leave it; each sees what those before it did.
 * @throws EvaluationFault when a value cannot be evaluated or the message grows beyond what can be sent
 */
export function applyAction(statements: readonly Statement[], candidate: Candidate): Buffer {
  const draft = new Draft(candidate);
  for (const statement of statements) draft.apply(statement);
  const changed = rewrite(candidate.payload, draft.changes());
  if (changed.length > MAX_MESSAGE_BYTES) {
    throw new EvaluationFault(`The action made the message too large (${changed.length} bytes).`);
  }
  return changed;
}

class Draft {
  readonly #candidate: Candidate;
  readonly #system = new Map<SystemProperty, string | undefined>();
  #application: AmqpMap | undefined;

  constructor(candidate: Candidate) {
    this.#candidate = candidate;
  }

  apply(statement: Statement): void {
    const { scope, name } = statement;
    const value = statement.kind === "set" ? evaluate(statement.value, this.#properties()) : undefined;
    if (scope === "sys") this.#setSystem(name, value);
    else if (statement.kind === "set") this.#setUser(name, value);
    else this.#removeUser(name);
  }

  changes() {
    return { system: this.#system, application: this.#application };
  }

  #setSystem(name: string, value: SqlValue): void {
    const property = textProperty(name);
    if (property === undefined) throw new EvaluationFault(`There is no system property '${name}' to set.`);
    const content = value === undefined ? undefined : textOf(value);
    const isId = property === "messageId" || property === "sessionId";
    if (isId && (content ?? "").length > MAX_ID) throw new EvaluationFault(`The new ${name} is too long.`);
    if (property === "messageId" && !content) throw new EvaluationFault("A message needs a MessageId.");
    this.#system.set(property, content);
  }

  #setUser(name: string, value: SqlValue): void {
    const map = this.#map();
    const existing = findProperty(map, name);
    const entry = [existing?.[0] ?? text(name), toAmqpLike(value, existing?.[1])] as const;
    const others = map.value.filter((one) => one !== existing);
    this.#application = { type: "map", value: [...others, entry] };
  }

  #removeUser(name: string): void {
    const map = this.#map();
    const existing = findProperty(map, name);
    if (existing === undefined) return;
    this.#application = { type: "map", value: map.value.filter((one) => one !== existing) };
  }

  #map(): AmqpMap {
    return this.#application ?? this.#candidate.fields.applicationProperties();
  }

  #properties(): Properties {
    const { fields, arrival } = this.#candidate;
    const now = {
      ...fields,
      applicationProperties: () => this.#map(),
      system: (name: SystemProperty) =>
        this.#system.has(name) ? this.#system.get(name) : fields.system(name),
    };
    return { ...propertiesOf(now, arrival), system: (name) => readSystem(name, now, arrival) };
  }
}

/** A value as a property; a number keeps the type that the property had, where it fits into it. */
function toAmqpLike(value: SqlValue, existing: AmqpValue | undefined): AmqpValue {
  if (value === undefined) return nothing;
  if (isNumber(value)) return numberLike(value, existing?.type);
  if (typeof value === "boolean") return { type: "boolean", value };
  if (typeof value === "string") {
    return existing !== undefined && amqpTextOf(existing) === value ? existing : text(value);
  }
  if ("guid" in value) return uuid(Buffer.from(value.guid.replaceAll("-", ""), "hex"));
  if ("duration" in value) return timespan(value.duration);
  return "time" in value ? timestamp(value.time) : binary(Buffer.from(value.hex, "hex"));
}

const ranges = {
  byte: [-128, 127],
  ubyte: [0, 255],
  short: [-32_768, 32_767],
  ushort: [0, 65_535],
  int: [-(2 ** 31), 2 ** 31 - 1],
  uint: [0, 2 ** 32 - 1],
} as const;

function numberLike(value: number | bigint, type: AmqpValue["type"] | undefined): AmqpValue {
  if (typeof value === "number") return { type: type === "float" ? "float" : "double", value };
  if (type === "float" || type === "double") return { type, value: Number(value) };
  if (type === "ulong" && value >= 0n) return { type, value };
  if (type !== undefined && isNarrow(type)) {
    const [min, max] = ranges[type];
    if (value >= min && value <= max) return { type, value: Number(value) };
  }
  return long(BigInt.asIntN(64, value));
}

const isNarrow = (type: string): type is keyof typeof ranges => Object.hasOwn(ranges, type);
