import { createHash } from "node:crypto";

type Callback = (...values: unknown[]) => unknown;
export type BicepFunction = (...values: never[]) => unknown;

const hashOf = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

/** Stable stand-ins: the same arguments, the same value. */
function guid(...parts: string[]): string {
  const h = hashOf(parts);
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20, 32)].join("-");
}

const isEmpty = (value: string | readonly unknown[] | object | null): boolean =>
  value === null || (typeof value === "object" ? Object.keys(value).length === 0 : value === "");

function contains(container: string | readonly unknown[] | object, value: string): boolean {
  if (typeof container === "string" || Array.isArray(container)) return container.includes(value);
  return value in container;
}

function toObject(list: readonly unknown[], key: Callback, value?: Callback): Record<string, unknown> {
  return Object.fromEntries(
    list.map((item) => [String(key(item)), value === undefined ? item : value(item)]),
  );
}

/** IPv4 only: the n-th subnet of this size. */
function cidrSubnet(prefix: string, size: number, index: number): string {
  const [address = "", bits = "0"] = prefix.split("/");
  const first = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = first + index * 2 ** (32 - size);
  if (start >= first + 2 ** (32 - Number(bits)))
    throw new Error(`${prefix} has no subnet ${index} of /${size}`);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join(".")}/${size}`;
}

/** What our templates call. Names are Bicep's; a function that is not here is refused by name. */
export const functions: Readonly<Record<string, BicepFunction>> = {
  cidrSubnet,
  concat: (...lists: (string | unknown[])[]) =>
    lists.every((list) => typeof list === "string") ? lists.join("") : lists.flat(),
  contains,
  empty: isEmpty,
  filter: (list: unknown[], test: Callback) => list.filter((item) => test(item) === true),
  flatten: (lists: unknown[][]) => lists.flat(),
  guid,
  items: (object: Record<string, unknown>) =>
    Object.entries(object)
      .toSorted(([a], [b]) => a.localeCompare(b, "en"))
      .map(([key, value]) => ({ key, value })),
  last: (list: string | unknown[]) => list.at(-1),
  length: (value: string | unknown[] | object) =>
    typeof value === "string" ? value.length : Object.keys(value).length,
  map: (list: unknown[], change: Callback) => list.map((item) => change(item)),
  max: (...values: number[]) => Math.max(...values),
  range: (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i),
  replace: (text: string, old: string, fresh: string) => text.replaceAll(old, fresh),
  split: (text: string, delimiter: string) => text.split(delimiter),
  string: String,
  take: (value: string | unknown[], count: number) => value.slice(0, count),
  toLower: (text: string) => text.toLowerCase(),
  toObject,
  trim: (text: string) => text.trim(),
  union: (...objects: object[]) => Object.assign({}, ...objects),
  uniqueString: (...parts: string[]) => `x${hashOf(parts).slice(0, 12)}`,
};
