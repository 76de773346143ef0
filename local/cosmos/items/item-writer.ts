import { parseStored, type JsonObject, type OwnJson } from "../json.ts";
import type { KeyPart } from "../partition/effective-key.ts";
import { keyOf } from "../partition/key.ts";
import { rangeIndexOf } from "../partition/ranges.ts";
import { badRequest, SubStatus } from "../refusal.ts";
import type { Container } from "../store/container.ts";
import { isExpired, type CurrentItem, type ItemRow } from "../store/item-row.ts";
import { etagOf } from "../store/rids.ts";
import type { Store } from "../store/store.ts";
import { holds } from "./condition.ts";
import { checkNesting, checkSize, checkTtl, type NewDocument } from "./document.ts";
import { withSystemProperties } from "./item-text.ts";
import { changedMeanwhile, duplicate, missing, uniqueKeyTaken, type Outcome } from "./outcome.ts";
import { applyPatch, readPatch } from "./patch.ts";
import { UniqueKeys } from "./unique-keys.ts";

/** The partition key and container an operation is about, and the log sequence number it shares. */
export interface Place {
  readonly container: Container;
  readonly key: readonly KeyPart[];
  /** `keyText(key)`. */
  readonly pk: string;
  readonly lsn: number;
}

export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/**
 * The operations on items, for single requests, batches and bulk alike. To be called inside a write transaction.
 * An operation that is refused has changed nothing.
 */
export class ItemWriter {
  readonly #store: Store;
  readonly #uniqueKeys: UniqueKeys;

  constructor(store: Store) {
    this.#store = store;
    this.#uniqueKeys = new UniqueKeys(store.db);
  }

  read({ container, pk }: Place, id: string, { ifNoneMatch }: Conditions): Outcome {
    const item = this.#find(container, pk, id);
    if (item === undefined) return missing;
    if (ifNoneMatch !== undefined && matches(item, ifNoneMatch)) return { status: 304, item };
    return { status: 200, item };
  }

  create(place: Place, document: NewDocument): Outcome {
    const { container, pk } = place;
    this.#checkKey(place, document.members);
    // Nearly always there is no such item yet, so that is tried first.
    const created = this.#insert(place, document);
    if (created !== duplicate) return created;
    const known = container.table.find(pk, document.id);
    if (known === undefined || !isExpired(known, this.#store.nowSeconds())) return duplicate;
    this.#drop(container, known.seq);
    return this.#insert(place, document);
  }

  upsert(place: Place, document: NewDocument, conditions: Conditions): Outcome {
    const current = this.#find(place.container, place.pk, document.id);
    if (current === undefined) return this.create(place, document);
    this.#checkKey(place, document.members);
    if (!allowed(current, conditions)) return changedMeanwhile;
    const before = parseStored(current.body);
    return this.#update(place, current, before, document);
  }

  replace(place: Place, id: string, document: NewDocument, conditions: Conditions): Outcome {
    if (document.id !== id) throw badRequest("The id of an item cannot be changed by replacing it.");
    const current = this.#find(place.container, place.pk, id);
    if (current === undefined) return missing;
    this.#checkKey(place, document.members);
    if (!allowed(current, conditions)) return changedMeanwhile;
    const before = parseStored(current.body);
    return this.#update(place, current, before, document);
  }

  delete({ container, pk }: Place, id: string, conditions: Conditions): Outcome {
    const current = this.#find(container, pk, id);
    if (current === undefined) return missing;
    if (!allowed(current, conditions)) return changedMeanwhile;
    this.#drop(container, current.seq);
    return { status: 204 };
  }

  patch(place: Place, id: string, body: OwnJson, conditions: Conditions): Outcome {
    const { container } = place;
    const { condition, operations } = readPatch(body, [["id"], ...container.keyPaths]);
    const current = this.#find(container, place.pk, id);
    if (current === undefined) return missing;
    if (!allowed(current, conditions)) return changedMeanwhile;
    const members = parseStored(current.body);
    if (
      condition !== undefined &&
      !holds(condition, withSystemProperties(container, current, { ...members }))
    ) {
      return changedMeanwhile;
    }
    // Patching changes `members`; what indexes hold of the item must still be known.
    const before = container.table.indexes.length > 0 ? parseStored(current.body) : members;
    applyPatch(members, operations);
    checkTtl(members["ttl"]);
    checkNesting(members);
    const patched = { id, members, body: JSON.stringify(members) };
    checkSize(patched.body);
    return this.#update(place, current, before, patched);
  }

  /** Removes what has outlived its time, at most `limit` items; returns how many. */
  purge(container: Container, limit: number): number {
    const sql = `SELECT seq FROM ${container.table.name} WHERE expires <= ? LIMIT ?`;
    return this.#dropAll(container, this.#store.db.prepare(sql).all(this.#store.nowSeconds(), limit));
  }

  /** Removes items of one partition key, at most `limit`; returns how many. */
  deleteSome(container: Container, pk: string, limit: number): number {
    const sql = `SELECT seq FROM ${container.table.name} WHERE pk = ? LIMIT ?`;
    return this.#dropAll(container, this.#store.db.prepare(sql).all(pk, limit));
  }

  #dropAll(container: Container, rows: readonly Readonly<Record<string, unknown>>[]): number {
    for (const row of rows) this.#drop(container, Number(row["seq"]));
    return rows.length;
  }

  #find(container: Container, pk: string, id: string): CurrentItem | undefined {
    const item = container.table.find(pk, id);
    return item === undefined || isExpired(item, this.#store.nowSeconds()) ? undefined : item;
  }

  /** `duplicate` if there is an item with this id, expired or not. */
  #insert(place: Place, { id, members, body }: NewDocument): Outcome {
    const { container, key, pk, lsn } = place;
    if (container.uniqueKeys.length > 0 && container.table.find(pk, id) !== undefined) return duplicate;
    if (this.#violatesUniqueKey(place, members, undefined)) return uniqueKeyTaken;
    const seq = this.#store.numbers.take();
    const ts = this.#store.nowSeconds();
    const row: ItemRow = {
      seq,
      pk,
      id,
      range: rangeIndexOf(container.ranges, container.kind, key),
      lsn,
      version: seq,
      ts,
      expires: expiryOf(container, members, ts),
      body,
    };
    if (!container.table.insert(row, members)) return duplicate;
    this.#uniqueKeys.put(container, pk, members, seq);
    return { status: 201, item: row };
  }

  #update(place: Place, current: CurrentItem, before: JsonObject, after: NewDocument): Outcome {
    const { container, pk, lsn } = place;
    const { members, body } = after;
    if (this.#violatesUniqueKey(place, members, current.seq)) return uniqueKeyTaken;
    const ts = this.#store.nowSeconds();
    const version = this.#store.numbers.take();
    const row = { seq: current.seq, lsn, version, ts, expires: expiryOf(container, members, ts), body };
    container.table.update(row, current, before, members);
    this.#uniqueKeys.put(container, pk, members, current.seq);
    return { status: 200, item: row };
  }

  #drop(container: Container, seq: number): void {
    container.table.remove(seq);
    this.#uniqueKeys.remove(container, seq);
  }

  #checkKey({ container, key }: Place, members: JsonObject): void {
    const own = keyOf(members, container.keyPaths);
    if (own.length === key.length && own.every((part, index) => part === key[index])) return;
    throw badRequest("PartitionKey extracted from document doesn't match the one specified in the header.", {
      subStatus: SubStatus.partitionKeyMismatch,
    });
  }

  #violatesUniqueKey(place: Place, members: JsonObject, own: number | undefined): boolean {
    const { container, pk } = place;
    if (container.uniqueKeys.length === 0) return false;
    const holder = this.#uniqueKeys.holder(container, pk, members, own);
    if (holder === undefined) return false;
    const sql = `SELECT expires FROM ${container.table.name} WHERE seq = ?`;
    const expires = this.#store.db.prepare(sql).get(holder)?.["expires"];
    if (typeof expires !== "number" || expires > this.#store.nowSeconds()) return true;
    this.#drop(container, holder);
    return this.#violatesUniqueKey(place, members, own);
  }
}

const matches = (item: CurrentItem, etag: string): boolean =>
  etag === "*" || etag === etagOf(item.version, item.ts);

const allowed = (item: CurrentItem, { ifMatch, ifNoneMatch }: Conditions): boolean =>
  (ifMatch === undefined || matches(item, ifMatch)) &&
  (ifNoneMatch === undefined || !matches(item, ifNoneMatch));

function expiryOf({ defaultTtl }: Container, members: JsonObject, ts: number): number | null {
  if (defaultTtl === undefined) return null;
  const own = members["ttl"];
  const ttl = typeof own === "number" ? own : defaultTtl;
  return ttl === -1 ? null : ts + ttl;
}
