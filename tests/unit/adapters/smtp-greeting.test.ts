import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createSmtpMailer } from "#shared/adapters/mail/smtp-mailer.ts";
import type { Mail } from "#shared/ports/mailer.ts";

const mail: Mail = {
  operationId: "6f1f1f8e-0000-8000-8000-000000000000",
  from: "orders@brand.example",
  to: { address: "sam@example.com", name: "Sam" },
  subject: "Hello",
  text: "Hello",
  html: "<p>Hello</p>",
  headers: { "X-Expedite-Order": "ord_1", "X-Expedite-Template": "t", "X-Expedite-Delivery": "dlv_1" },
};

/** A mail server that says this at first, and answers each command by its first word. */
async function useServer(greeting: string, answers: Readonly<Record<string, string>> = {}) {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(`${greeting}\r\n`);
    socket.on("data", (data) => {
      const word =
        data
          .toString()
          .split(/[ \r:]/)[0]
          ?.toUpperCase() ?? "";
      socket.write(`${answers[word] ?? "250 ok"}\r\n`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${address.port}` });
  onTestFinished(async () => {
    await mailer.close();
    server.close();
  });
  return mailer;
}

test.each([
  ["does not serve us at all", "554 5.7.1 no service for you", {}],
  ["does not take our name", "220 hello", { EHLO: "550 who?", HELO: "550 who?" }],
])("a server that %s refuses every mail alike: none is given up for it", async (_what, greeting, answers) => {
  const mailer = await useServer(greeting, answers);
  await expect(mailer.send(mail)).rejects.toMatchObject({ name: "TransientFault", kind: "dependency-down" });
});

test("a server that does not take this recipient refuses this mail", async () => {
  const mailer = await useServer("220 hello", { RCPT: "550 5.1.1 no such user" });
  await expect(mailer.send(mail)).rejects.toMatchObject({ name: "PermanentFault", reason: "MailRefused" });
});
