import { expect, test } from "vitest";
import { openTalks, said } from "./open-talks.ts";
import { rawRequest, type Wrap } from "./raw-client.ts";

test("a session is followed by a subscriber or an iterator like a queue, in order even after a failure", async () => {
  const { client } = await openTalks();
  await client.createSender("talks").sendMessages([...said("a", 1, 2, 3), ...said("b", 4, 5)]);
  const receiver = await client.acceptSession("talks", "a");
  const seen: string[] = [];
  receiver.subscribe({
    processMessage: async ({ body, deliveryCount }) => {
      seen.push(`${String(body)} ${deliveryCount}`);
      if (body === 1 && deliveryCount === 0) throw new Error("not now");
    },
    processError: async () => undefined,
  });
  await expect.poll(() => seen).toEqual(["1 0", "1 1", "2 0", "3 0"]);
  await receiver.close();

  const next = await client.acceptNextSession("talks");
  const bodies: unknown[] = [];
  for await (const message of next.getMessageIterator()) {
    bodies.push(message.body);
    await next.completeMessage(message);
    if (message.body === 5) break;
  }
  expect(bodies).toEqual([4, 5]);
});

test("the next session is the one that has waited longest", async () => {
  const { client } = await openTalks();
  const sender = client.createSender("talks");
  for (const sessionId of ["c", "a", "b"]) await sender.sendMessages({ body: 1, sessionId });
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await client.acceptNextSession("talks")).sessionId);
  expect(ids).toEqual(["c", "a", "b"]);
});

test("a session has any name up to 128 characters and any state up to the size of a message", async () => {
  const { client } = await openTalks();
  const name = "ünï/$ x' ".repeat(15).slice(0, 128);
  await client.createSender("talks").sendMessages(said(name, 1));
  const receiver = await client.acceptNextSession("talks");
  expect(receiver.sessionId).toBe(name);
  for (const state of ["text", Buffer.from([0, 255]), { deep: [1, null] }, 0, "x".repeat(250_000)]) {
    await receiver.setSessionState(state);
    expect(await receiver.getSessionState()).toEqual(state);
  }
  await expect(receiver.setSessionState("x".repeat(300_000))).rejects.toMatchObject({
    code: "MessageSizeExceeded",
  });
  expect(await receiver.getSessionState()).toHaveLength(250_000);
});

test("nobody but its holder sees or changes a session", async () => {
  const { client, server } = await openTalks();
  await client.createSender("talks").sendMessages(said("a", 1, 2));
  const receiver = await client.acceptSession("talks", "a");
  await receiver.setSessionState("mine");
  const [message, other] = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1000 });
  await receiver.deferMessage(message!);
  const ask = async (operation: string, more: (wrap: Wrap) => object = () => ({})) =>
    await rawRequest(server.amqpPort, "talks", `com.microsoft:${operation}`, (wrap) => ({
      "session-id": "a",
      ...more(wrap),
    }));
  const lost = { status: 410 };
  expect(await ask("get-session-state")).toMatchObject(lost);
  expect(await ask("set-session-state", () => ({ "session-state": Buffer.from("yours") }))).toMatchObject(
    lost,
  );
  expect(await ask("renew-session-lock")).toMatchObject(lost);
  const numbers = (wrap: Wrap) => ({ "sequence-numbers": [wrap.wrap_long(1)], "receiver-settle-mode": 0 });
  expect(await ask("receive-by-sequence-number", numbers)).toMatchObject(lost);
  expect(await receiver.getSessionState()).toBe("mine");
  await receiver.completeMessage(other!);
});
