import { parseStored, type JsonObject, type OwnJsonObject } from "../json.ts";
import type { Container } from "../store/container.ts";
import type { StoredItem } from "../store/item-row.ts";
import { etagOf } from "../store/rids.ts";

/** Members the service owns; whatever a client sends for them is dropped. */
export const systemProperties = ["_rid", "_self", "_etag", "_attachments", "_ts"] as const;

/** The item as clients see it: the stored text with the system properties written behind it. */
export function itemText(container: Container, item: StoredItem): string {
  const rid = container.ridOf(item.seq);
  return `${item.body.slice(0, -1)},"_rid":"${rid}","_self":"${container.self}docs/${rid}/","_etag":${quotedEtag(item)},"_attachments":"attachments/","_ts":${item.ts}}`;
}

/** The ETag, quotes and all, as a JSON string. */
export const quotedEtag = ({ version, ts }: StoredItem): string =>
  `"\\"${etagOf(version, ts).slice(1, -1)}\\""`;

/** The same as an object, for filters and projections. */
export const itemDocument = (container: Container, item: StoredItem): JsonObject =>
  withSystemProperties(container, item, parseStored(item.body));

/** Adds to an item's members, in place, those that the service has for it. */
export function withSystemProperties(
  container: Container,
  { seq, version, ts }: StoredItem,
  members: OwnJsonObject,
): JsonObject {
  const rid = container.ridOf(seq);
  members["_rid"] = rid;
  members["_self"] = `${container.self}docs/${rid}/`;
  members["_etag"] = etagOf(version, ts);
  members["_attachments"] = "attachments/";
  members["_ts"] = ts;
  return members;
}
