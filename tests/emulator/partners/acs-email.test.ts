import { randomUUID } from "node:crypto";
import { EmailClient, type EmailMessage } from "@azure/communication-email";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { KEYS, usePartners } from "./world.ts";

/** The genuine client, without retries of its own, so that each refusal is seen. */
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

const aMessage = (changes: Partial<EmailMessage> = {}): EmailMessage => ({
  senderAddress: "shop@brand.example",
  recipients: { to: [{ address: "sam@example.com", displayName: "Sam" }] },
  content: { subject: "Hello", plainText: "Hello Sam", html: "<b>Hello Sam</b>" },
  headers: { "X-Expedite-Order": "order-1", "X-Expedite-Template": "order-received" },
  ...changes,
});

test("the genuine client sends a mail and waits for its end", async () => {
  const partners = await usePartners();
  const client = new EmailClient(partners.mailConnectionString, options);
  const operationId = randomUUID();
  const poller = await client.beginSend(aMessage(), { operationId, updateIntervalInMs: 50 });
  expect(poller.getOperationState().status).toBe("running");
  expect(await poller.pollUntilDone()).toMatchObject({ id: operationId, status: "Succeeded" });
  const { body } = await partners.json<{ messages: unknown[] }>("GET", "/mail/messages");
  expect(body.messages).toEqual([
    expect.objectContaining({
      subject: "Hello",
      to: ["sam@example.com"],
      template: "order-received",
      orderId: "order-1",
      via: "acs",
    }),
  ]);
  const [entry] = await partners.ledger("mail");
  expect(entry).toMatchObject({ kind: "order-received", to: "sam@example.com", operationId, effect: true });
});

test("a client that names no operation is given one", async () => {
  const partners = await usePartners();
  const client = new EmailClient(partners.mailConnectionString, options);
  await client.beginSend(aMessage());
  await client.beginSend(aMessage());
  expect((await partners.ledger("mail")).filter(({ effect }) => effect)).toHaveLength(2);
});

test("mail to suppressed addresses is taken and ends Failed, as in Azure", async () => {
  const clock = createHandClock();
  const partners = await usePartners({ clock });
  const client = new EmailClient(partners.mailConnectionString, options);
  const recipients = { to: [{ address: "sam@suppressed.example" }] };
  const poller = await client.beginSend(aMessage({ recipients }));
  await clock.advance(1_000);
  await expect(poller.poll()).rejects.toThrow("EmailDroppedAllRecipientsSuppressed");
  expect((await partners.ledger("mail")).filter(({ effect }) => effect)).toEqual([]);
});

test("a wrong access key is refused in Azure's words", async () => {
  const partners = await usePartners();
  const wrong = Buffer.from("wrong").toString("base64");
  const client = new EmailClient(`endpoint=${partners.url}/;accesskey=${wrong}`, options);
  await expect(client.beginSend(aMessage())).rejects.toMatchObject({ statusCode: 401, code: "Denied" });
  expect(await partners.ledger("mail")).toEqual([
    expect.objectContaining({ outcome: "unauthorised", effect: false, orderId: "order-1" }),
  ]);
});

test("a request that was changed on its way is refused", async () => {
  const partners = await usePartners();
  const client = new EmailClient(partners.mailConnectionString, {
    ...options,
    additionalPolicies: [
      {
        position: "perRetry",
        policy: {
          name: "meddler",
          sendRequest(request, next) {
            if (typeof request.body === "string") request.body = request.body.replace("Hello", "Howdy");
            return next(request);
          },
        },
      },
    ],
  });
  await expect(client.beginSend(aMessage())).rejects.toMatchObject({ statusCode: 401 });
});

const unfit: [what: string, changes: Partial<EmailMessage>, code: string][] = [
  ["an address that is none", { recipients: { to: [{ address: "sam" }] } }, "InvalidEmailAddress"],
  ["nobody to send to", { recipients: { to: [] } }, "BadRequest"],
  [
    "attachments, which aren't supported",
    { attachments: [{ name: "a.txt", contentType: "text/plain", contentInBase64: "YQ==" }] },
    "BadRequest",
  ],
];

test.for(unfit)("a mail with %s is refused with 400", async ([, changes, code]) => {
  const partners = await usePartners();
  const client = new EmailClient(partners.mailConnectionString, options);
  await expect(client.beginSend(aMessage(changes))).rejects.toMatchObject({ statusCode: 400, code });
});

test("throttled: 429 with Retry-After, in the shape the client understands", async () => {
  const partners = await usePartners();
  await partners.setMode("mail", { mode: "throttled", retryAfterSeconds: 12 });
  const client = new EmailClient(partners.mailConnectionString, options);
  const error = await client.beginSend(aMessage()).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ statusCode: 429, code: "TooManyRequests" });
  expect(error).toHaveProperty("response.headers");
});

test("the client's own retries get through an answer that was lost, and only one mail is sent", async () => {
  const partners = await usePartners();
  await partners.setMode("mail", { mode: "answer-lost", count: 1 });
  const retryOptions = { maxRetries: 2, retryDelayInMs: 10 };
  const client = new EmailClient(partners.mailConnectionString, { ...options, retryOptions });
  await client.beginSend(aMessage(), { operationId: randomUUID() });
  const entries = await partners.ledger("mail");
  expect(entries.filter(({ kind }) => kind !== "find").map(({ effect }) => effect)).toEqual([true, false]);
});

test("an API version that nobody knows is refused", async () => {
  const partners = await usePartners();
  const connection = `endpoint=${partners.url}/;accesskey=${KEYS.mail}`;
  const client = new EmailClient(connection, { ...options, apiVersion: "2019-01-01" } as typeof options);
  await expect(client.beginSend(aMessage())).rejects.toMatchObject({ statusCode: 400 });
});
