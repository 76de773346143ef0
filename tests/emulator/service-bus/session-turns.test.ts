import { expect, test } from "vitest";
import { noRenewal, openTalks } from "./open-talks.ts";

test("thousands of sessions are served in turn, a busy one no more often than others", async () => {
  const { client } = await openTalks();
  const sender = client.createSender("talks");
  const count = 2000;
  for (let n = 0; n < count; n += 200) {
    await sender.sendMessages(Array.from({ length: 200 }, (_, k) => ({ body: 1, sessionId: `s-${n + k}` })));
  }
  await sender.sendMessages(Array.from({ length: 500 }, () => ({ body: 1, sessionId: "busy" })));
  const served = new Map<string, number>();
  let left = count + 1;
  const acceptors = Array.from({ length: 16 }, async () => {
    while (left-- > 0) {
      const receiver = await client.acceptNextSession("talks", noRenewal);
      served.set(receiver.sessionId, (served.get(receiver.sessionId) ?? 0) + 1);
      await receiver.close();
    }
  });
  await Promise.all(acceptors);
  expect(served.size).toBe(count + 1);
}, 60_000);
