import { badRequest, type Refusal } from "../refusal.ts";

interface Place {
  readonly start: number;
  readonly end: number;
}

function queryError(code: string, message: string, place?: Place): Refusal {
  const error = {
    severity: "Error",
    ...(place === undefined ? {} : { location: { start: place.start, end: place.end } }),
    code,
    message,
  };
  return badRequest(`Message: ${JSON.stringify({ errors: [error] })}`);
}

/** The text is not a query. Positions are offsets into it. */
export const syntaxError = (what: string, start: number, end: number): Refusal =>
  queryError("SC1001", `Syntax error, ${what}.`, { start, end });

/** A name in the query means nothing. */
export const unresolved = (name: string, place: Place): Refusal =>
  queryError("SC2001", `Identifier '${name}' could not be resolved.`, place);

/** A correct query that this endpoint cannot answer (yet). */
export const unsupportedQuery = (what: string, place?: Place): Refusal =>
  queryError("SC9001", `${what} is not supported by this endpoint.`, place);

/** The code that the service has for it. */
export const invalidOrder = (what: string, place: Place): Refusal => queryError("SC2206", what, place);

export const invalidQuery = (what: string, place?: Place): Refusal => queryError("SC2000", what, place);
