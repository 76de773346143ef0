import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { administration } from "./administration-client.ts";
import { KEY } from "./keys.ts";
import { newClient, openBus, queue } from "./open-bus.ts";

const once = { maxRetries: 0, retryDelayInMs: 10, timeoutInMs: 2000 };

/** A signature as an application hands it to one that shall not have the key. */
function signature(resource: string, lastsMs = 600_000): string {
  const encoded = encodeURIComponent(resource);
  const expiry = Math.floor((Date.now() + lastsMs) / 1000);
  const signed = createHmac("sha256", KEY.key).update(`${encoded}\n${expiry}`).digest("base64");
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(signed)}&se=${expiry}&skn=${KEY.name}`;
}

test("a connection string with a signature opens what was signed, and nothing else", async () => {
  const { server } = await openBus({ queues: [queue("work"), queue("work-2"), queue("work/part")] });
  const endpoint = `Endpoint=sb://localhost:${server.amqpPort}/`;
  const open = (token: string) =>
    newClient(`${endpoint};SharedAccessSignature=${token};UseDevelopmentEmulator=true`, once);
  const resource = `sb://localhost:${server.amqpPort}/work`;
  const scoped = open(signature(resource));
  await scoped.createSender("work").sendMessages({ body: 1 });
  await scoped.createSender("work/part").sendMessages({ body: 1 });
  const receiver = scoped.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  await receiver.renewMessageLock(message!);
  await receiver.completeMessage(message!);
  await expect(scoped.createSender("work-2").sendMessages({ body: 1 })).rejects.toMatchObject({
    code: "UnauthorizedAccess",
  });
  await expect(scoped.createReceiver("work-2").peekMessages(1)).rejects.toMatchObject({
    code: "UnauthorizedAccess",
  });
  const late = open(signature(resource, -5000)).createSender("work");
  await expect(late.sendMessages({ body: 1 })).rejects.toMatchObject({
    code: "UnauthorizedAccess",
    message: expect.stringContaining("expired"),
  });
});

test("each management request asks for the claim of what it does", async () => {
  const bus = await openBus({
    keys: [
      { name: "listener", key: "listen-key", claims: ["Listen"] },
      { name: "sender", key: "send-key", claims: ["Send"] },
    ],
  });
  const connection = (name: string, key: string) =>
    bus.server.connectionString.replace(KEY.name, name).replace(KEY.key, key);
  const as = (name: string, key: string) => newClient(connection(name, key), once);
  const [listener, sender] = [as("listener", "listen-key"), as("sender", "send-key")];
  const at = new Date(Date.now() + 60_000);
  const [number] = await sender.createSender("work").scheduleMessages({ body: 1 }, at);
  expect(await listener.createReceiver("work").peekMessages(1)).toHaveLength(1);
  const refused = { code: "UnauthorizedAccess" };
  const eavesdropper = sender.createReceiver("work");
  await expect(eavesdropper.peekMessages(1)).rejects.toMatchObject(refused);
  await expect(eavesdropper.receiveDeferredMessages(number!)).rejects.toMatchObject(refused);
  const intruder = listener.createSender("work");
  await expect(intruder.scheduleMessages({ body: 2 }, at)).rejects.toMatchObject(refused);
  await expect(intruder.cancelScheduledMessages(number!)).rejects.toMatchObject(refused);
  await sender.createSender("work").cancelScheduledMessages(number!);
  const { administrationPort } = bus.server;
  const server = { administrationPort, connectionString: connection("listener", "listen-key") };
  await expect(administration({ server }).getQueue("work")).rejects.toThrow(/'Manage' claim/);
});

test("a connection string that names an entity opens that one", async () => {
  const { server } = await openBus();
  const client = newClient(
    server.connectionString.replace(";UseDevelopment", ";EntityPath=work;UseDevelopment"),
    once,
  );
  await client.createSender("work").sendMessages({ body: 1 });
  expect(await client.createReceiver("work").peekMessages(5)).toHaveLength(1);
});
