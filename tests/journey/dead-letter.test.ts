import { ServiceBusClient, type ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { expectConfirmed } from "./support/all-done.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { effects, effectsOfConfirmed, setMode } from "./support/partner-books.ts";
import { place202, view } from "./support/storefront.ts";

const cloud = useCloud({ settings: () => Promise.resolve({ RETRY_BASE_MS: "100", RETRY_CAP_MS: "500" }) });

function openQueue() {
  const client = new ServiceBusClient(cloud().place.serviceBus.connectionString);
  onTestFinished(() => client.close());
  return {
    deadLetters: client.createReceiver("stock", { subQueueType: "deadLetter" }),
    queue: client.createSender("stock"),
  };
}

/** As explorers do it: body and properties as they are, those of the broker among them, under a new id. */
const again = ({
  body,
  subject,
  correlationId,
  contentType,
  applicationProperties,
}: ServiceBusReceivedMessage) => ({
  body: body as unknown,
  ...(subject === undefined ? {} : { subject }),
  ...(correlationId === undefined ? {} : { correlationId }),
  ...(contentType === undefined ? {} : { contentType }),
  applicationProperties: { ...applicationProperties },
  messageId: "sent-again-by-an-operator",
});

test("a dead letter that an operator sends again to its queue, as it is, is worked on: the order goes through, charged once", async () => {
  await setMode(cloud().place, "payments", { mode: "down", status: 422 });
  const order = await place202(cloud().place, "pancake-palace", "refused-at-first", 1);
  const { deadLetters, queue } = openQueue();
  const [dead] = await deadLetters.receiveMessages(1, { maxWaitTimeInMs: 30_000 });
  expect(dead).toMatchObject({
    applicationProperties: { parked: true, failureReason: "PaymentsRefused", orderId: order.id },
    deadLetterReason: "MaxDeliveryCountExceeded",
  });
  expect((await view(cloud().place, order)).attention).toMatchObject({ reason: "preparation-stopped" });

  await setMode(cloud().place, "payments", { mode: "ok" });
  await queue.sendMessages(again(dead!));
  await deadLetters.completeMessage(dead!);

  await eventually(() => expectConfirmed(cloud().place, [order]));
  expect((await effects(cloud().place)).toSorted()).toEqual(effectsOfConfirmed(order).toSorted());
  expect(await view(cloud().place, order)).not.toHaveProperty("attention");
  expect(await deadLetters.peekMessages(1)).toEqual([]);
});
