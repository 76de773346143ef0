import { isObject, nestsDeeperThan, type Json, type JsonObject } from "../json.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { systemProperties } from "./item-text.ts";

/** Of an item, and of a whole batch. https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-item-limits */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_ID_BYTES = 1023;
export const MAX_NESTING = 128;

/** What a client wants stored: the members, and the text as it will be stored. */
export interface NewDocument {
  readonly id: string;
  readonly members: JsonObject;
  readonly body: string;
}

/** Checks a document and drops system properties. `text`, if given, is the JSON that `value` was parsed from. */
export function readDocument(value: Json | undefined, text?: string): NewDocument {
  if (!isObject(value)) throw badRequest("The item must be a JSON object.");
  const id = value["id"];
  if (typeof id !== "string" || id === "") {
    throw badRequest("The input content is invalid because the required properties - 'id; ' - are missing.");
  }
  if (Buffer.byteLength(id) > MAX_ID_BYTES || /[/\\]/.test(id)) {
    throw badRequest(`Invalid item id: at most ${MAX_ID_BYTES} bytes, without / and \\.`);
  }
  checkTtl(value["ttl"]);
  checkNesting(value);
  const clean = withoutSystemProperties(value);
  const body = clean === value && text !== undefined ? text.trim() : JSON.stringify(clean);
  checkSize(body);
  return { id, members: clean, body };
}

export function checkTtl(ttl: Json | undefined): void {
  if (ttl === undefined || ttl === null) return;
  if (typeof ttl !== "number" || !Number.isInteger(ttl) || (ttl !== -1 && ttl < 1)) {
    throw badRequest("The item's 'ttl' must be -1 or a positive number of seconds.");
  }
}

export function checkNesting(value: JsonObject): void {
  if (nestsDeeperThan(value, MAX_NESTING)) {
    throw badRequest(`The item nests more than ${MAX_NESTING} levels deep.`);
  }
}

export function checkSize(body: string, what = "an item"): void {
  // A character is at most three bytes, so most texts need no counting.
  if (body.length * 3 > MAX_BYTES && Buffer.byteLength(body) > MAX_BYTES) {
    throw new Refusal(413, `Request size is too large: ${what} has at most 2 MB.`);
  }
}

function withoutSystemProperties(value: JsonObject): JsonObject {
  if (!systemProperties.some((name) => Object.hasOwn(value, name))) return value;
  const own = Object.entries(value).filter(([name]) => !systemNames.has(name));
  return Object.fromEntries(own);
}

const systemNames: ReadonlySet<string> = new Set(systemProperties);
