import type { KeyPart } from "../partition/effective-key.ts";
import { keyText, parseKey } from "../partition/key.ts";
import { rangeIndexOf } from "../partition/ranges.ts";
import { badRequest, codeOf, Refusal } from "../refusal.ts";
import { isSuccess, type Outcome } from "../items/outcome.ts";
import { itemText, quotedEtag } from "../items/item-text.ts";
import { checkSize, readDocument } from "../items/document.ts";
import type { Conditions, Place } from "../items/item-writer.ts";
import { MAX_BATCH_OPERATIONS, readOperations, runBatch, runBulk } from "../items/batch.ts";
import type { Container } from "../store/container.ts";
import { readCharge, writeCharge } from "./charge.ts";
import { etagHeader, sessionHeaders } from "./item-headers.ts";
import type { Reply } from "./reply.ts";
import {
  findContainer,
  flag,
  header,
  itemKey,
  methodNotAllowed,
  parseBody,
  type Request,
  type Service,
} from "./request.ts";

/** POST …/docs that is no query: create, upsert, batch or bulk. */
export async function postItem(service: Service, request: Request): Promise<Reply> {
  const container = findContainer(service, request);
  refuseTriggers(request);
  if (flag(request, "x-ms-cosmos-is-batch-request")) return postBatch(service, request, container);
  const document = readDocument(parseBody(request), request.body);
  const { store, writer } = service;
  const key = itemKey(request, container);
  const pk = keyText(key);
  const upsert = flag(request, "x-ms-documentdb-is-upsert");
  const conditions = conditionsOf(request);
  const outcome = await store.writeItem(() => {
    const place: Place = { container, key, pk, lsn: store.numbers.take() };
    return upsert ? writer.upsert(place, document, conditions) : writer.create(place, document);
  });
  return itemReply(
    service,
    container,
    outcome,
    key,
    writeCharge(request.body.length, container.table.indexes.length),
  );
}

/** GET, PUT, PATCH and DELETE …/docs/{id}. */
export async function handleItem(service: Service, request: Request): Promise<Reply> {
  const container = findContainer(service, request);
  const { store, writer } = service;
  const id = request.segments[5]!;
  const key = itemKey(request, container);
  const pk = keyText(key);
  const conditions = conditionsOf(request);
  if (request.method === "GET") {
    const outcome = writer.read({ container, key, pk, lsn: 0 }, id, conditions);
    await store.settled();
    return itemReply(service, container, outcome, key, readCharge(outcome.item?.body.length ?? 0));
  }
  refuseTriggers(request);
  const change = changeOf(service, request, id, conditions);
  const outcome = await store.writeItem(() => change({ container, key, pk, lsn: store.numbers.take() }));
  const characters = outcome.item?.body.length ?? 0;
  return itemReply(service, container, outcome, key, writeCharge(characters, container.table.indexes.length));
}

function changeOf(
  { writer }: Service,
  request: Request,
  id: string,
  conditions: Conditions,
): (place: Place) => Outcome {
  switch (request.method) {
    case "PUT": {
      const document = readDocument(parseBody(request), request.body);
      return (place) => writer.replace(place, id, document, conditions);
    }
    case "PATCH": {
      const patch = parseBody(request);
      return (place) => writer.patch(place, id, patch, conditions);
    }
    case "DELETE":
      return (place) => writer.delete(place, id, conditions);
    default:
      throw methodNotAllowed(request);
  }
}

const conditionsOf = (request: Request): Conditions => ({
  ifMatch: header(request, "if-match"),
  ifNoneMatch: header(request, "if-none-match"),
});

function itemReply(
  service: Service,
  container: Container,
  outcome: Outcome,
  key: readonly KeyPart[],
  charge: number,
): Reply {
  const { status, item, message } = outcome;
  const headers = sessionHeaders(service, container, rangeIndexOf(container.ranges, container.kind, key));
  if (item !== undefined) headers.push(...etagHeader(item));
  if (outcome.subStatus !== undefined) headers.push("x-ms-substatus", String(outcome.subStatus));
  if (status === 304 || status === 204) return { status, headers, body: "", charge };
  if (item === undefined) {
    return { status, headers, body: JSON.stringify({ code: codeOf(status), message }), charge };
  }
  return { status, headers, body: itemText(container, item), charge };
}

async function postBatch(service: Service, request: Request, container: Container): Promise<Reply> {
  const { store, writer } = service;
  const operations = readOperations(parseBody(request));
  const batch = { store, writer, container, operations };
  const atomic = flag(request, "x-ms-cosmos-batch-atomic");
  const keyHeader = header(request, "x-ms-documentdb-partitionkey");
  const rangeId = header(request, "x-ms-documentdb-partitionkeyrangeid");
  if (atomic && keyHeader === undefined) throw badRequest("A transactional batch needs a partition key.");
  if (atomic) checkSize(request.body, "a transactional batch");
  const outcomes = atomic
    ? await runBatch(batch, keyHeader!)
    : await runBulk(
        batch,
        rangeId,
        header(request, "x-ms-cosmos-batch-continue-on-error")?.toLowerCase() !== "false",
      );
  const bodies = header(request, "prefer") !== "return=minimal";
  let charge = 0;
  const texts = outcomes.map((outcome) => {
    const own = writeCharge(outcome.item?.body.length ?? 0, container.table.indexes.length);
    charge += own;
    return outcomeText(container, outcome, own, bodies);
  });
  return {
    charge,
    status: outcomes.every(isSuccess) ? 200 : 207,
    headers: sessionHeaders(service, container, rangeOf(container, keyHeader, rangeId)),
    body: `[${texts.join(",")}]`,
  };
}

function rangeOf({ ranges, kind }: Container, key: string | undefined, rangeId: string | undefined): number {
  if (key !== undefined) return rangeIndexOf(ranges, kind, parseKey(key));
  return Math.max(
    0,
    ranges.findIndex(({ id }) => id === rangeId),
  );
}

function outcomeText(container: Container, outcome: Outcome, charge: number, bodies: boolean): string {
  const { status, item, message, subStatus } = outcome;
  let text = `{"statusCode":${status},"requestCharge":${charge}`;
  if (subStatus !== undefined) text += `,"subStatusCode":${subStatus}`;
  if (item !== undefined) text += `,"eTag":${quotedEtag(item)}`;
  if (message !== undefined) text += `,"message":${JSON.stringify(message)}`;
  if (item !== undefined && bodies) text += `,"resourceBody":${itemText(container, item)}`;
  return `${text}}`;
}

function refuseTriggers(request: Request): void {
  for (const name of ["x-ms-documentdb-pre-trigger-include", "x-ms-documentdb-post-trigger-include"]) {
    if (header(request, name) !== undefined)
      throw new Refusal(400, "Triggers are not supported by this endpoint.");
  }
}

/** POST …/operations/partitionkeydelete. */
export async function deleteKey(service: Service, request: Request): Promise<Reply> {
  const { store, writer } = service;
  const container = findContainer(service, request);
  const text = header(request, "x-ms-documentdb-partitionkey");
  if (text === undefined) throw badRequest("PartitionKey value must be supplied for this operation.");
  const pk = keyText(parseKey(text));
  for (let removed = MAX_BATCH_OPERATIONS; removed === MAX_BATCH_OPERATIONS;) {
    removed = await store.write(() => writer.deleteSome(container, pk, MAX_BATCH_OPERATIONS));
  }
  return { status: 200, headers: sessionHeaders(service, container), body: "" };
}
