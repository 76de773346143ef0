import { badRequest, notFound } from "../refusal.ts";
import { methodNotAllowed } from "./databases.ts";
import { json, type Reply } from "./reply.ts";
import { parseObject, type Request, type Service } from "./request.ts";

/** `/_expedite/…`: what is not of the service: faults on purpose, and a look inside for the portal. */
export function handleOwn(service: Service, request: Request): Reply {
  const [, name, ...more] = request.segments;
  if (name === "faults" && more.length === 0) return handleFaults(service, request);
  if (name === "throughput" && more.length === 0) return handleThroughput(service, request);
  if (name === "containers" && more.length === 0) {
    if (request.method !== "GET") throw methodNotAllowed(request);
    return json(200, { containers: listContainers(service) });
  }
  throw notFound(`/${request.segments.join("/")}.`);
}

function handleFaults({ faults }: Service, request: Request): Reply {
  if (request.method === "PUT") faults.set(parseObject(request));
  else if (request.method !== "GET") throw badRequest("Faults are read with GET and set with PUT.");
  return json(200, faults.current);
}

function handleThroughput({ budgets }: Service, request: Request): Reply {
  if (request.method === "PUT") budgets.set(parseObject(request));
  else if (request.method !== "GET") throw methodNotAllowed(request);
  return json(200, { enforced: budgets.enforced });
}

function listContainers({ store }: Service): readonly object[] {
  return [...store.catalog.databases.values()].flatMap((database) =>
    [...database.containers.values()].map((container) => {
      const sql = `SELECT count(*) AS items FROM ${container.table.name}`;
      const statement = store.readers.borrow(sql);
      const items = Number(statement.get()?.["items"] ?? 0);
      store.readers.giveBack(sql, statement);
      return {
        database: database.id,
        container: container.id,
        partitionKey: container.partitionKey.paths,
        ranges: container.ranges.length,
        items,
      };
    }),
  );
}
