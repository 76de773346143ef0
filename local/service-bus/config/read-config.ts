import { defaults, type Description } from "../broker/description.ts";
import type { NewEntity } from "../broker/entity-admin.ts";
import type { SystemProperty } from "../message/fields.ts";
import { compile } from "../rules/compile.ts";
import { correlationFilter, filterFromSql } from "../rules/new-rule.ts";
import type { Filter, NewRule } from "../rules/rule.ts";
import type { TypedValue } from "../rules/typed-value.ts";
import { parseRelaxedJson } from "./relaxed-json.ts";
import { Config, type ConfigNamespace, type ConfigProperties, type ConfigRule } from "./schema.ts";

/** A configuration file with mistakes; the message has one line for each, with its path. */
export class ConfigFault extends Error {
  override readonly name = "ConfigFault";

  constructor(faults: readonly string[], options?: ErrorOptions) {
    super(faults.join("\n"), options);
  }
}

/**
 * The entities that the official emulator's `Config.json` describes, comments and trailing commas allowed.
 * Properties that are not given have Service Bus's defaults.
 * @throws ConfigFault naming every mistake by its path
 */
export function readConfig(source: string): NewEntity[] {
  let json: unknown;
  try {
    json = parseRelaxedJson(source);
  } catch (error) {
    throw new ConfigFault([`This is no JSON: ${error instanceof Error ? error.message : String(error)}`], {
      cause: error,
    });
  }
  const parsed = Config.safeParse(json);
  if (!parsed.success) {
    throw new ConfigFault(parsed.error.issues.map(({ path, message }) => `${pathText(path)}: ${message}`));
  }
  const [namespace = { Name: "" }] = parsed.data.UserConfig.Namespaces;
  const reader = new Reader("UserConfig.Namespaces[0]");
  const entities = reader.namespace(namespace);
  if (reader.faults.length > 0) throw new ConfigFault(reader.faults);
  return entities;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "") || "the file";

/** What the schema cannot say: names that occur once, forwards that lead somewhere, expressions that parse. */
class Reader {
  readonly faults: string[] = [];
  readonly #root: string;
  readonly #names = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  namespace({ Queues = [], Topics = [] }: ConfigNamespace): NewEntity[] {
    const entities: NewEntity[] = [];
    for (const [index, queue] of Queues.entries()) {
      const at = `${this.#root}.Queues[${index}]`;
      this.#once(queue.Name, at);
      entities.push({ kind: "queue", path: queue.Name, description: describe(queue.Properties) });
    }
    for (const [index, topic] of Topics.entries()) {
      const at = `${this.#root}.Topics[${index}]`;
      this.#once(topic.Name, at);
      entities.push({ kind: "topic", path: topic.Name, description: describe(topic.Properties) });
      entities.push(...this.#subscriptions(topic, at));
    }
    this.#forwards({ Queues, Topics });
    return entities;
  }

  #subscriptions(topic: NonNullable<ConfigNamespace["Topics"]>[number], at: string): NewEntity[] {
    return (topic.Subscriptions ?? []).map(({ Name, Properties, Rules = [] }, index): NewEntity => {
      const here = `${at}.Subscriptions[${index}]`;
      const path = `${topic.Name}/Subscriptions/${Name}`;
      this.#once(path, here);
      const rules = Rules.map((rule, place) => {
        this.#once(`${path}/Rules/${rule.Name}`, `${here}.Rules[${place}]`);
        return this.#rule(rule, `${here}.Rules[${place}].Properties`);
      });
      return { kind: "subscription", path, description: describe(Properties), rules };
    });
  }

  #once(path: string, at: string): void {
    const first = this.#names.get(path.toLowerCase());
    if (first !== undefined) this.faults.push(`${at}.Name: '${path}' is already the name of ${first}`);
    this.#names.set(path.toLowerCase(), at);
  }

  #forwards({ Queues = [], Topics = [] }: Pick<ConfigNamespace, "Queues" | "Topics">): void {
    const check = (at: string, properties: ConfigProperties = {}): void => {
      for (const key of ["ForwardTo", "ForwardDeadLetteredMessagesTo"]) {
        const target = properties[key];
        if (typeof target !== "string" || this.#names.has(target.toLowerCase())) continue;
        this.faults.push(`${at}.Properties.${key}: there is no queue or topic '${target}' in this file`);
      }
    };
    for (const [index, { Properties }] of Queues.entries())
      check(`${this.#root}.Queues[${index}]`, Properties);
    for (const [index, { Subscriptions = [] }] of Topics.entries()) {
      for (const [place, { Properties }] of Subscriptions.entries())
        check(`${this.#root}.Topics[${index}].Subscriptions[${place}]`, Properties);
    }
  }

  #rule({ Name, Properties }: ConfigRule, at: string): NewRule {
    const sql = Properties.Action?.SqlExpression;
    const action = sql === undefined || sql === "" ? undefined : { sql, parameters: {} };
    const filter = this.#attempt(`${at}.${Properties.FilterType}Filter`, () => filterOf(Properties));
    this.#attempt(`${at}.${Properties.FilterType}Filter`, () =>
      compile({ name: Name, filter: filter ?? ALL }),
    );
    this.#attempt(`${at}.Action`, () => compile({ name: Name, filter: ALL, action }));
    return { name: Name, filter: filter ?? ALL, action };
  }

  #attempt<T>(at: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.faults.push(`${at}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}

const ALL: Filter = { kind: "true" };

/** The two protocols' names differ in their first letter only. */
function describe(properties: ConfigProperties = {}): Description {
  const given = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [`${key.slice(0, 1).toLowerCase()}${key.slice(1)}`, value]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema has checked names and values
  return { ...defaults, ...(Object.fromEntries(given) as Partial<Description>) };
}

const systemNames: Readonly<Record<string, SystemProperty>> = {
  ContentType: "contentType",
  CorrelationId: "correlationId",
  Label: "subject",
  MessageId: "messageId",
  ReplyTo: "replyTo",
  ReplyToSessionId: "replyToSessionId",
  SessionId: "sessionId",
  To: "to",
};

function filterOf({ FilterType, SqlFilter, CorrelationFilter }: ConfigRule["Properties"]): Filter {
  if (FilterType === "Sql") {
    if (SqlFilter === undefined) throw new Error("is missing, though FilterType is Sql");
    return filterFromSql(SqlFilter.SqlExpression);
  }
  if (CorrelationFilter === undefined) throw new Error("is missing, though FilterType is Correlation");
  const { Properties = {}, ...system } = CorrelationFilter;
  const texts = Object.entries(system).flatMap(([key, value]) => {
    const property = systemNames[key];
    return property === undefined || value === undefined ? [] : [[property, value] as const];
  });
  const values = Object.entries(Properties).map(([key, value]) => [key, typed(value)] as const);
  return correlationFilter(Object.fromEntries(texts), Object.fromEntries(values));
}

function typed(value: string | number | boolean): TypedValue {
  if (typeof value === "string") return { type: "string", value };
  if (typeof value === "boolean") return { type: "boolean", value: String(value) };
  return { type: Number.isSafeInteger(value) ? "long" : "double", value: String(value) };
}
