import { EmailClient } from "@azure/communication-email";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import nodemailer from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import { useCloud } from "./support/journey-cloud.ts";
import { ledger } from "./support/partner-books.ts";
import { inCosmos, queueCounts } from "./support/stores.ts";

const cloud = useCloud({ only: ["service-bus", "cosmos", "storage", "partners"] });

test("Azure's Service Bus clients connect with the connection string of endpoints.json", async () => {
  const { place } = cloud();
  const client = new ServiceBusClient(place.serviceBus.connectionString);
  onTestFinished(() => client.close());
  await client.createSender("stock").sendMessages({ body: { hello: "stock" }, messageId: "one" });

  const [peeked] = await client.createReceiver("stock").peekMessages(1);

  expect(peeked).toMatchObject({ body: { hello: "stock" }, messageId: "one" });
  const counts = await queueCounts(place);
  expect(counts.find(({ queue }) => queue === "stock")).toEqual({
    queue: "stock",
    waiting: 1,
    active: 1,
    deadLetters: 0,
  });
});

test("Azure's Cosmos client connects with endpoint and key of endpoints.json", async () => {
  const { place } = cloud();
  await inCosmos(place, async (client) => {
    const { database } = await client.databases.createIfNotExists({ id: "own" });
    const { container } = await database.containers.createIfNotExists({
      id: "things",
      partitionKey: "/kind",
    });
    await container.items.create({ id: "1", kind: "cup", full: true });
    const { resource } = await container.item("1", "cup").read();
    expect(resource).toMatchObject({ id: "1", kind: "cup", full: true });
  });
});

test("Azure's Blob client connects with the connection string of endpoints.json", async () => {
  const storage = BlobServiceClient.fromConnectionString(cloud().place.storage.connectionString);
  const container = storage.getContainerClient("receipts");
  await container.create();
  const blob = container.getBlockBlobClient("one.txt");
  await blob.upload("paid", 4);
  expect((await blob.downloadToBuffer()).toString()).toBe("paid");
});

test("Azure's mail client connects with the connection string of endpoints.json, and SMTP with the URL", async () => {
  const { place } = cloud();
  const client = new EmailClient(place.mail.connectionString, { allowInsecureConnection: true });
  const poller = await client.beginSend({
    senderAddress: "shop@example.com",
    content: { subject: "Hello", plainText: "Hello" },
    recipients: { to: [{ address: "sam@example.com" }] },
  });
  expect(await poller.pollUntilDone()).toMatchObject({ status: "Succeeded" });

  const smtp = nodemailer.createTransport(place.mail.smtp);
  onTestFinished(() => smtp.close());
  await smtp.sendMail({ from: "shop@example.com", to: "kim@example.com", subject: "Hi", text: "Hi" });

  const arrived = (await ledger(place, "mail")).filter(({ effect }) => effect).map(({ to }) => to);
  expect(arrived).toEqual(["sam@example.com", "kim@example.com"]);
});
