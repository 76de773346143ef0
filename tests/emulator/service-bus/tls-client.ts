import {
  parseServiceBusConnectionString,
  ServiceBusAdministrationClient,
  ServiceBusClient,
} from "@azure/service-bus";

// Both clients as an application has them, given nothing but a connection string or what it says. A process of its
// own, because Node reads NODE_EXTRA_CA_CERTS once, when it starts. What happened goes to standard output as one line
// of JSON.
const [connectionString = "", how = "connection string"] = process.argv.slice(2);
const retryOptions = { maxRetries: 0, timeoutInMs: 3000 };
const admin = new ServiceBusAdministrationClient(connectionString, { retryOptions });
const client = open();
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

function open(): ServiceBusClient {
  const {
    fullyQualifiedNamespace: host,
    sharedAccessKeyName: name = "",
    sharedAccessKey: key = "",
  } = parseServiceBusConnectionString(connectionString);
  if (how === "named key") return new ServiceBusClient(host, { name, key }, { retryOptions });
  if (how === "token") {
    const getToken = () => Promise.resolve({ token: "e30.e30.e30", expiresOnTimestamp: Date.now() + 60_000 });
    return new ServiceBusClient(host, { getToken }, { retryOptions });
  }
  if (how === "custom endpoint") {
    const azure = connectionString.replace(host, "contoso.servicebus.windows.net");
    return new ServiceBusClient(azure, { retryOptions, customEndpointAddress: `https://${host}` });
  }
  return new ServiceBusClient(connectionString, { retryOptions });
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}
