import type { Container } from "../store/container.ts";
import type { StoredItem } from "../store/item-row.ts";
import { etagOf } from "../store/rids.ts";
import type { Service } from "./request.ts";

/** What clients of session consistency keep: `<range>:<version>#<lsn>` per container. */
export function sessionHeaders({ store }: Service, container: Container, range = 0): string[] {
  return [
    "x-ms-session-token",
    `${range}:-1#${store.numbers.last}`,
    "x-ms-alt-content-path",
    contentPath(container),
    "x-ms-content-path",
    container.rid,
  ];
}

const contentPath = ({ databaseId, id }: Container): string =>
  `dbs/${encodeURIComponent(databaseId)}/colls/${encodeURIComponent(id)}`;

export const etagHeader = (item: StoredItem): readonly string[] => ["etag", etagOf(item.version, item.ts)];
