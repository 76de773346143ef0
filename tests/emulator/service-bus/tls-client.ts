import { ServiceBusAdministrationClient, ServiceBusClient } from "@azure/service-bus";

// Both clients as an application has them, given nothing but a connection string. A process of its own, because
// Node reads NODE_EXTRA_CA_CERTS once, when it starts. What happened goes to standard output as one line of JSON.
const [connectionString = ""] = process.argv.slice(2);
const admin = new ServiceBusAdministrationClient(connectionString, { retryOptions: { maxRetries: 0 } });
const client = new ServiceBusClient(connectionString, {
  retryOptions: { maxRetries: 0, timeoutInMs: 3000 },
});
const told = await play().catch((error: unknown) => ({ failed: describe(error) }));
await client.close();
process.stdout.write(`${JSON.stringify(told)}\n`);

async function play() {
  const { name } = await admin.createQueue("secure");
  const sender = client.createSender(name);
  await sender.sendMessages(
    Array.from({ length: 50 }, (_, index) => ({ body: `${index} ${"x".repeat(2000)}` })),
  );
  const receiver = client.createReceiver(name);
  const messages = await receiver.receiveMessages(50, { maxWaitTimeInMs: 2000 });
  for (const message of messages) await receiver.completeMessage(message);
  const { totalMessageCount } = await admin.getQueueRuntimeProperties(name);
  const listed = [];
  for await (const queue of admin.listQueues()) listed.push(queue.name);
  return { received: messages.length, left: totalMessageCount, listed };
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}
