import type { SqlValue } from "#local/service-bus/rules/sql/values.ts";

/** A condition with its text and, beside it, what it means: computed the slow and obvious way. */
export interface Modelled {
  readonly sql: string;
  readonly means: (row: Row) => boolean | undefined;
}
export interface ModelledValue {
  readonly sql: string;
  readonly means: (row: Row) => SqlValue;
}
export type Row = Readonly<Record<string, SqlValue>>;

const truth = [false, undefined, true];
const rank = (value: boolean | undefined): number => truth.indexOf(value);
/** AND is the least, OR the greatest, in the order false < unknown < true. */
const atRank = (index: number): boolean | undefined => truth[index];

export const and = (left: Modelled, right: Modelled): Modelled => ({
  sql: `(${left.sql}) AND (${right.sql})`,
  means: (row) => atRank(Math.min(rank(left.means(row)), rank(right.means(row)))),
});
export const or = (left: Modelled, right: Modelled): Modelled => ({
  sql: `(${left.sql}) or (${right.sql})`,
  means: (row) => atRank(Math.max(rank(left.means(row)), rank(right.means(row)))),
});
export const not = (inner: Modelled): Modelled => ({
  sql: `NOT (${inner.sql})`,
  means: (row) => atRank(2 - rank(inner.means(row))),
});

const comparisons: Readonly<Record<string, (left: bigint | string, right: bigint | string) => boolean>> = {
  "=": (left, right) => left === right,
  "<>": (left, right) => left !== right,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};
export const comparisonSigns = Object.keys(comparisons);

type Plain = bigint | string | undefined;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the model's rows hold nothing else
const plain = (value: ModelledValue, row: Row): Plain => value.means(row) as Plain;

export const compared = (sign: string, left: ModelledValue, right: ModelledValue): Modelled => ({
  sql: `${left.sql} ${sign} ${right.sql}`,
  means(row) {
    const [a, b] = [plain(left, row), plain(right, row)];
    return a === undefined || b === undefined ? undefined : comparisons[sign]?.(a, b);
  },
});

export const isNull = (name: string, negated: boolean): Modelled => ({
  sql: `${name} IS ${negated ? "NOT " : ""}NULL`,
  means: (row) => (row[name] === undefined) !== negated,
});

export const within = (
  value: ModelledValue,
  among: readonly ModelledValue[],
  negated: boolean,
): Modelled => ({
  sql: `${value.sql} ${negated ? "NOT " : ""}IN (${among.map(({ sql }) => sql).join(", ")})`,
  means(row) {
    const equals = among.map((one) => compared("=", value, one));
    const any = equals.reduce<Modelled>(or, { sql: "", means: () => false }).means(row);
    if (plain(value, row) === undefined) return undefined;
    return negated ? atRank(2 - rank(any)) : any;
  },
});

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** LIKE by a regular expression, with `!` as escape character. */
export const like = (value: ModelledValue, pattern: string, negated: boolean): Modelled => ({
  sql: `${value.sql} ${negated ? "NOT " : ""}LIKE ${quoted(pattern)} ESCAPE '!'`,
  means(row) {
    const text = plain(value, row);
    if (text === undefined) return undefined;
    const source = [...pattern.matchAll(/!(.)|(%)|(_)|(.)/gsu)].map(([, escaped, any, one, plainChar]) => {
      if (any !== undefined) return ".*";
      return one === undefined ? `\\u{${(escaped ?? plainChar ?? "").codePointAt(0)?.toString(16)}}` : ".";
    });
    return new RegExp(`^${source.join("")}$`, "su").test(String(text)) !== negated;
  },
});

export const integer = (value: bigint): ModelledValue => ({ sql: String(value), means: () => value });
export const words = (value: string): ModelledValue => ({ sql: quoted(value), means: () => value });
export const column = (name: string): ModelledValue => ({ sql: name, means: (row) => row[name] });

const operators: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
};
export const operatorSigns = Object.keys(operators);

export const calculated = (sign: string, left: ModelledValue, right: ModelledValue): ModelledValue => ({
  sql: `(${left.sql} ${sign} ${right.sql})`,
  means(row) {
    const [a, b] = [left.means(row), right.means(row)];
    if (typeof a !== "bigint" || typeof b !== "bigint") return undefined;
    const exact = operators[sign]?.(a, b) ?? 0n;
    const wrapped = ((exact % 2n ** 64n) + 2n ** 64n) % 2n ** 64n;
    return wrapped >= 2n ** 63n ? wrapped - 2n ** 64n : wrapped;
  },
});
