import { parseStored, type JsonObject } from "../json.ts";
import type { Container } from "../store/container.ts";
import type { StoredItem } from "../store/item-row.ts";
import { etagOf } from "../store/rids.ts";

/** Members the service owns; whatever a client sends for them is dropped. */
export const systemProperties = ["_rid", "_self", "_etag", "_attachments", "_ts"] as const;

/** The item as clients see it: the stored text with the system properties written behind it. */
export function itemText(container: Container, item: StoredItem): string {
  const rid = container.ridOf(item.seq);
  const etag = etagOf(item.version, item.ts).slice(1, -1);
  return `${item.body.slice(0, -1)},"_rid":"${rid}","_self":"${container.self}docs/${rid}/","_etag":"\\"${etag}\\"","_attachments":"attachments/","_ts":${item.ts}}`;
}

/** The same as an object, for filters and projections. */
export function itemDocument(container: Container, item: StoredItem): JsonObject {
  const document = parseStored(item.body);
  const rid = container.ridOf(item.seq);
  document["_rid"] = rid;
  document["_self"] = `${container.self}docs/${rid}/`;
  document["_etag"] = etagOf(item.version, item.ts);
  document["_attachments"] = "attachments/";
  document["_ts"] = item.ts;
  return document;
}
