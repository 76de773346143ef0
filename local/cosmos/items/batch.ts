import { isOwnObject, show, type Json, type OwnJson, type OwnJsonObject } from "../json.ts";
import type { KeyPart } from "../partition/effective-key.ts";
import { keyText, parseKey } from "../partition/key.ts";
import { rangeIndexOf } from "../partition/ranges.ts";
import { badRequest, rangeGone, Refusal } from "../refusal.ts";
import type { Container } from "../store/container.ts";
import type { Store } from "../store/store.ts";
import { readDocument } from "./document.ts";
import type { Conditions, ItemWriter, Place } from "./item-writer.ts";
import { isSuccess, type Outcome } from "./outcome.ts";

export const MAX_BATCH_OPERATIONS = 100;

/** One operation of a batch or bulk request, as sent. */
export type BatchOperation = Readonly<OwnJsonObject>;

export interface BatchRequest {
  readonly store: Store;
  readonly writer: ItemWriter;
  readonly container: Container;
  readonly operations: readonly BatchOperation[];
}

export function readOperations(body: OwnJson): readonly BatchOperation[] {
  if (!Array.isArray(body) || !body.every(isOwnObject)) {
    throw badRequest("A batch request holds an array of operations.");
  }
  if (body.length === 0 || body.length > MAX_BATCH_OPERATIONS) {
    throw badRequest(`A batch request has 1 to ${MAX_BATCH_OPERATIONS} operations.`);
  }
  return body;
}

/** Carries the outcomes of a batch out of the transaction that is undone because of them. */
class BatchUndone extends Error {
  readonly outcomes: readonly Outcome[];

  constructor(outcomes: readonly Outcome[]) {
    super("batch undone");
    this.outcomes = outcomes;
  }
}

const notExecuted: Outcome = { status: 424 };

/** All or nothing, within one partition key. On failure the culprit has its status and all others have 424. */
export async function runBatch(
  { store, writer, container, operations }: BatchRequest,
  keyHeader: string,
): Promise<readonly Outcome[]> {
  const key = parseKey(keyHeader);
  const pk = keyText(key);
  try {
    const outcomes = await store.writeItem(
      () => executeAll(writer, { container, key, pk, lsn: store.numbers.take() }, operations),
      operations.length > 1,
    );
    return operations.map((_operation, index) => outcomes[index] ?? notExecuted);
  } catch (error) {
    if (!(error instanceof BatchUndone)) throw error;
    const { outcomes } = error;
    return operations.map((_operation, index) =>
      index === outcomes.length - 1 ? outcomes[index]! : notExecuted,
    );
  }
}

/** Up to the first failure. If something was changed before that, it is thrown, so that it is undone. */
function executeAll(
  writer: ItemWriter,
  place: Place,
  operations: readonly BatchOperation[],
): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (const operation of operations) {
    const outcome = attempt(writer, place, operation);
    outcomes.push(outcome);
    if (isSuccess(outcome) || outcome.status === 304) continue;
    if (outcomes.length > 1) throw new BatchUndone(outcomes);
    break;
  }
  return outcomes;
}

/** Every operation for itself, all in one commit. Without `goOn` those behind a failure are not executed. */
export function runBulk(
  { store, writer, container, operations }: BatchRequest,
  rangeId: string | undefined,
  goOn: boolean,
): Promise<readonly Outcome[]> {
  const keys = keysOf(container, operations, rangeId);
  return store.writeItem(() => {
    let stopped = false;
    return operations.map((operation, index) => {
      if (stopped) return notExecuted;
      const key = keys[index]!;
      const place = { container, key, pk: keyText(key), lsn: store.numbers.take() };
      const outcome = attempt(writer, place, operation);
      stopped = !goOn && !isSuccess(outcome);
      return outcome;
    });
  });
}

/** The key of every operation. Refuses the request as a whole if one has none or belongs to another range. */
function keysOf(
  { ranges, kind }: Container,
  operations: readonly BatchOperation[],
  rangeId: string | undefined,
): readonly (readonly KeyPart[])[] {
  const range = ranges.findIndex(({ id }) => id === rangeId);
  return operations.map((operation) => {
    const text = operation["partitionKey"];
    if (typeof text !== "string") throw badRequest("Every bulk operation needs a 'partitionKey'.");
    const key = parseKey(text);
    if (rangeId !== undefined && (range < 0 || rangeIndexOf(ranges, kind, key) !== range)) {
      throw rangeGone(rangeId);
    }
    return key;
  });
}

/** One bad operation of many must not fail its neighbours: what it throws becomes its outcome. */
function attempt(writer: ItemWriter, place: Place, operation: BatchOperation): Outcome {
  try {
    return execute(writer, place, operation);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { message, details, status } = error;
    const known = status === 413 ? 413 : 400;
    return {
      status: known,
      message,
      ...(details.subStatus === undefined ? {} : { subStatus: details.subStatus }),
    };
  }
}

function execute(writer: ItemWriter, place: Place, operation: BatchOperation): Outcome {
  if (place.key.length !== place.container.keyPaths.length) {
    throw badRequest("The partition key has not as many parts as the container's definition.");
  }
  const type = operation["operationType"];
  const body = operation["resourceBody"];
  const conditions: Conditions = {
    ifMatch: textOf(operation["ifMatch"]),
    ifNoneMatch: textOf(operation["ifNoneMatch"]),
  };
  switch (type) {
    case "Create":
      return writer.create(place, readDocument(body));
    case "Upsert":
      return writer.upsert(place, readDocument(body), conditions);
    case "Replace":
      return writer.replace(place, idOf(operation), readDocument(body), conditions);
    case "Read":
      return writer.read(place, idOf(operation), conditions);
    case "Delete":
      return writer.delete(place, idOf(operation), conditions);
    case "Patch":
      return writer.patch(place, idOf(operation), body ?? null, conditions);
    default:
      throw badRequest(`Operation type '${show(type)}' is unknown.`);
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

function idOf(operation: BatchOperation): string {
  const id = operation["id"];
  if (typeof id !== "string") throw badRequest("The operation needs an 'id'.");
  return id;
}
