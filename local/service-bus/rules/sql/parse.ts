import { BrokerError } from "../../errors.ts";
import { Parser } from "./parser.ts";
import type { Predicate, Statement } from "./syntax.ts";
import { settable } from "./system-properties.ts";
import type { SqlValue } from "./values.ts";

/** Statements of one action, as Service Bus limits them. */
const MAX_STATEMENTS = 32;

/**
 * The filter that an expression describes, in the grammar that Microsoft documents for subscription rules.
 * @param parameters by name, with or without their `@`
 * @throws BrokerError (invalid) showing the place of the mistake, (notImplemented) naming what is not supported
 */
export function parseFilter(source: string, parameters: Readonly<Record<string, SqlValue>> = {}): Predicate {
  const parser = new Parser(source, parameters);
  const filter = parser.predicate();
  if (!parser.ended()) throw parser.fault("is not expected here");
  return filter;
}

/** The statements of a rule's action. @throws like `parseFilter` */
export function parseAction(
  source: string,
  parameters: Readonly<Record<string, SqlValue>> = {},
): Statement[] {
  const parser = new Parser(source, parameters);
  const statements: Statement[] = [];
  do {
    statements.push(statement(parser));
    parser.take(",");
    parser.take(";");
  } while (!parser.ended());
  if (statements.length > MAX_STATEMENTS) {
    throw new BrokerError("invalid", `A rule's action has at most ${MAX_STATEMENTS} statements.`);
  }
  return statements;
}

function statement(parser: Parser): Statement {
  const kind = parser.takeWord("set") ? "set" : "remove";
  if (kind === "remove" && !parser.takeWord("remove")) throw parser.fault("is neither SET nor REMOVE");
  const { scope, name } = parser.namedProperty();
  if (scope === "sys" && !settable(name, kind === "remove")) {
    throw new BrokerError("invalid", `A rule's action cannot ${kind} the system property '${name}'.`);
  }
  if (kind === "remove") return { kind, scope, name };
  parser.expect("=");
  return { kind, scope, name, value: parser.expression() };
}
