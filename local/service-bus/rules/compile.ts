import type { MessageFields, SystemProperty } from "../message/fields.ts";
import { applyAction } from "./apply-action.ts";
import { propertiesOf } from "./message-properties.ts";
import type { Filter, NewRule, SqlExpression } from "./rule.ts";
import { meets } from "./sql/evaluate.ts";
import { parseAction, parseFilter } from "./sql/parse.ts";
import type { Arrival } from "./sql/system-properties.ts";
import { compare, EvaluationFault, kindOf, type SqlValue, sqlValueOf } from "./sql/values.ts";
import { toAmqp, type TypedValue } from "./typed-value.ts";

/** A message that a rule looks at. */
export interface Candidate {
  readonly payload: Buffer;
  /** Decoded when first asked for: the true filter never does. */
  readonly fields: MessageFields;
  readonly arrival: Arrival;
}

interface CompiledRule {
  /** @throws EvaluationFault */
  readonly selects: (candidate: Candidate) => boolean;
  /** The copy for the subscription; undefined = the rule has no action. @throws EvaluationFault */
  readonly change: ((candidate: Candidate) => Buffer) | undefined;
}

const compiled = new WeakMap<NewRule, CompiledRule>();

/**
 * A rule ready to be run; parsed once.
 * @throws BrokerError (invalid, notImplemented) when its SQL cannot be understood
 */
export function compile(rule: NewRule): CompiledRule {
  let ready = compiled.get(rule);
  if (ready === undefined) {
    ready = { selects: compileFilter(rule.filter), change: compileAction(rule.action) };
    compiled.set(rule, ready);
  }
  return ready;
}

function compileFilter(filter: Filter): CompiledRule["selects"] {
  switch (filter.kind) {
    case "true":
      return () => true;
    case "false":
      return () => false;
    case "correlation":
      return compileCorrelation(filter);
    default: {
      const predicate = parseFilter(filter.sql, valuesOf(filter.parameters));
      return ({ fields, arrival }) => meets(predicate, propertiesOf(fields, arrival)) === true;
    }
  }
}

function compileAction(action: SqlExpression | undefined): CompiledRule["change"] {
  if (action === undefined) return undefined;
  const statements = parseAction(action.sql, valuesOf(action.parameters));
  return (candidate) => applyAction(statements, candidate);
}

const valuesOf = (parameters: Readonly<Record<string, TypedValue>>): Readonly<Record<string, SqlValue>> =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, sqlValueOf(toAmqp(value))]));

/** All named properties must be equal: system properties as text, application properties with their type. */
function compileCorrelation(filter: Extract<Filter, { kind: "correlation" }>): CompiledRule["selects"] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a record with these keys
  const system = Object.entries(filter.system) as [SystemProperty, string][];
  const application = Object.entries(valuesOf(filter.application));
  return ({ fields }) =>
    system.every(([name, wanted]) => fields.system(name) === wanted) &&
    application.every(([name, wanted]) => isSame(wanted, fields, name));
}

/**
 * Numbers compare by value whatever their width, because clients write the same number in different types; a text
 * never equals a number, and what rules cannot compare equals nothing.
 */
function isSame(wanted: SqlValue, fields: MessageFields, name: string): boolean {
  const found = fields.application(name);
  if (found === undefined || wanted === undefined) return false;
  try {
    const value = sqlValueOf(found);
    return value !== undefined && kindOf(value) === kindOf(wanted) && compare("=", value, wanted) === true;
  } catch (error) {
    if (error instanceof EvaluationFault) return false;
    throw error;
  }
}
