import type { TypedData } from "../worker/wire.ts";

/**
 * The items one output value stands for. Arrays fan out, and so does **text that is a JSON array**, intended or not; any other
 * text, number or object is one item. Nothing comes of null and undefined.
 */
export function itemsOf(data: TypedData): unknown[] {
  const value = plainValue(data);
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return jsonArray(value) ?? [value];
  return Array.isArray(value) ? value : [value];
}

/** What the worker sent, as a value; bytes are read as text. */
export function plainValue(data: TypedData): unknown {
  if (data.string !== undefined) return data.string;
  if (data.bytes !== undefined) return Buffer.from(data.bytes).toString("utf8");
  if (data.int !== undefined) return data.int;
  if (data.double !== undefined) return data.double;
  const parsed: unknown = data.json === undefined ? undefined : JSON.parse(data.json);
  return parsed;
}

function jsonArray(text: string): unknown[] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[") || !trimmed.endsWith("]")) return undefined;
  const parsed = parse(trimmed);
  return Array.isArray(parsed) ? parsed : undefined;
}

/**
 * An item as the text of a message: objects, and **texts that look like JSON objects**, are written anew with indents of two;
 * other text stays as it is, true and false get .NET's capital letter.
 */
export function messageText(item: unknown): string {
  if (typeof item === "string") return indentedObject(item) ?? item;
  if (typeof item === "boolean") return item ? "True" : "False";
  return JSON.stringify(item, undefined, 2);
}

function indentedObject(text: string): string | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return undefined;
  const parsed = parse(trimmed);
  return parsed === undefined ? undefined : JSON.stringify(parsed, undefined, 2);
}

/** An item as a document. @throws when it is neither an object nor the JSON text of one */
export function documentOf(item: unknown, bindingName: string): Record<string, unknown> {
  const value = typeof item === "string" ? parse(item) : item;
  if (!isObject(value)) {
    throw new TypeError(`output "${bindingName}" takes objects or their JSON text, not ${describe(item)}`);
  }
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const describe = (item: unknown): string =>
  typeof item === "string" ? "other text" : Array.isArray(item) ? "nested arrays" : typeof item;

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
