import { expect, test } from "vitest";
import { openBus } from "./open-bus.ts";
import { rawReceiver } from "./raw-client.ts";

test("a link ends when its token runs out and no other has come", async () => {
  const { server, client } = await openBus();
  const receiver = await rawReceiver(server.amqpPort, "work", { tokenLastsMs: 1000 });
  const ended = new Promise<string>((resolve) =>
    receiver.on("receiver_error", () => resolve(receiver.error?.condition ?? "none")),
  );
  expect(await ended).toBe("amqp:unauthorized-access");
  await client.createSender("work").sendMessages({ body: 1 });
});
