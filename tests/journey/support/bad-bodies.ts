import type { OrderRequest } from "#shared/contracts/order-request.ts";

export interface BadBody {
  readonly name: string;
  readonly body: string | Buffer;
  readonly status: 400 | 422;
}

type Path = readonly (string | number)[];

/** Not one of these is right anywhere in an order. */
const wrongValues: Readonly<Record<string, unknown>> = {
  null: null,
  "an empty string": "",
  "control characters": "a\u0000b\r\nBcc: everybody@example.com",
  "half a character": "\ud800",
  "a very long string": "x".repeat(5_000),
  "a fraction": 1.5,
  "a negative number": -1,
  "far too much": 1e308,
  true: true,
  "a list": [],
  "an object": { a: 1 },
};

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, [...path, name]))];
}

function changed(value: unknown, path: Path, change: (holder: object, name: string) => void): unknown {
  const copy: unknown = structuredClone(value);
  let holder: object = Object(copy);
  for (const name of path.slice(0, -1)) holder = Object(Reflect.get(holder, name));
  change(holder, String(path.at(-1)));
  return copy;
}

/** Every member of the order, missing and replaced by whatever does not belong there. */
function spoilt(order: OrderRequest): BadBody[] {
  return pathsIn(order)
    .filter((path) => path.length > 0)
    .flatMap((path) => {
      const where = path.join(".");
      const isOptional = where === "reference";
      const missing = changed(order, path, (holder, name) => Reflect.deleteProperty(holder, name));
      const wrong = Object.entries(wrongValues).map(([what, value]) => ({
        name: `${what} as ${where}`,
        body: JSON.stringify(changed(order, path, (holder, name) => Reflect.set(holder, name, value))),
        status: 422 as const,
      }));
      const left = isOptional || Array.isArray(missing) ? [] : [missing];
      return [
        ...left.map((value) => ({ name: `no ${where}`, body: JSON.stringify(value), status: 422 as const })),
        ...wrong,
      ];
    });
}

/** JSON that says something else than an order. */
function strange(order: OrderRequest): BadBody[] {
  const text = JSON.stringify(order);
  const withMember = (name: string, value: string): string =>
    `${text.slice(0, -1)},${JSON.stringify(name)}:${value}}`;
  const bodies: Readonly<Record<string, string>> = {
    null: "null",
    "a number": "42",
    "a string": '"order"',
    "a list of orders": `[${text}]`,
    "an empty object": "{}",
    "an unknown member": withMember("coupon", '"free"'),
    __proto__: withMember("__proto__", '{"currency":"USD","isAdmin":true}'),
    constructor: withMember("constructor", '{"prototype":{"isAdmin":true}}'),
    "__proto__ in the customer": text.replace(
      '"customer":{',
      '"customer":{"__proto__":{"email":"x@example.com"},',
    ),
    "a currency twice": withMember("currency", '"XXY"'),
    "a number beyond all numbers": text.replace('"quantity":2', '"quantity":1e999'),
    "a quantity as text": text.replace('"quantity":2', '"quantity":"2"'),
    "no lines": JSON.stringify({ ...order, lines: [] }),
    "101 lines": JSON.stringify({ ...order, lines: Array(101).fill(order.lines[0]) }),
    "a vendor that the brand does not know": text.replace("vendor-mill", "vendor-nobody"),
    "a currency that does not exist": text.replace('"AUD"', '"AUS"'),
    "deep lists": `{"customer":${"[".repeat(30_000)}${"]".repeat(30_000)}}`,
    "deep objects": `{"lines":${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}}`,
  };
  return Object.entries(bodies).map(([name, body]) => ({ name, body, status: 422 as const }));
}

/** Bytes that are no JSON, or no JSON in UTF-8. */
function noJson(order: OrderRequest): BadBody[] {
  const text = JSON.stringify(order);
  const bodies: Readonly<Record<string, string | Buffer>> = {
    nothing: "",
    "half an order": text.slice(0, text.length / 2),
    "an order and a half": text + text,
    "a comma too many": `${text.slice(0, -1)},}`,
    "single quotes": text.replaceAll('"', "'"),
    XML: "<order/>",
    "a form": "currency=AUD&locale=en-AU",
    NaN: text.replace('"quantity":2', '"quantity":NaN'),
    "UTF-16": Buffer.from(text, "utf16le"),
    "Latin-1": Buffer.from(text.replace("Sam", "Sám"), "latin1"),
    "an overlong NUL": Buffer.concat([
      Buffer.from('{"currency":"'),
      Buffer.from([0xc0, 0x80]),
      Buffer.from('"}'),
    ]),
    "a surrogate in UTF-8": Buffer.concat([
      Buffer.from('{"locale":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]),
    zeros: Buffer.alloc(1_000),
    "only brackets": "[".repeat(60_000),
  };
  return Object.entries(bodies).map(([name, body]) => ({ name, body, status: 400 as const }));
}

/** Some hundred bodies that are not an order, each with the status that it deserves. */
export const badBodies = (order: OrderRequest): BadBody[] => [
  ...spoilt(order),
  ...strange(order),
  ...noJson(order),
];
