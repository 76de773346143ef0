import type { CosmosFunction } from "../app/index-functions.ts";
import type { Listener, ListenerContext } from "../listener.ts";

/** Listeners for all Cosmos DB functions, and the end of their connections. The client is loaded only if there are any. */
export async function cosmosListeners(
  functions: readonly CosmosFunction[],
  { clock, log, invoke }: ListenerContext,
): Promise<{ listeners: Listener[]; close: () => Promise<void> }> {
  if (functions.length === 0) return { listeners: [], close: () => Promise.resolve() };
  const [{ CosmosClients }, { ChangeListener }] = await Promise.all([
    import("./clients.ts"),
    import("./change-listener.ts"),
  ]);
  const clients = new CosmosClients();
  const listeners = functions.map((target) => new ChangeListener(target, clients, { clock, log, invoke }));
  return { listeners, close: () => Promise.resolve(clients.close()) };
}
