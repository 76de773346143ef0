import { createAcsMailer } from "#shared/adapters/mail/acs-mailer.ts";
import { createSmtpMailer } from "#shared/adapters/mail/smtp-mailer.ts";
import { openPartners, type PartnersWorld } from "../emulator/partners/world.ts";
import { createMemoryMailer } from "../fakes/memory-mailer.ts";
import { testMailer, type ArrivedMail, type MailerWorld } from "./mailer.contract.ts";
import { modeFor } from "./partner-trouble.ts";

testMailer("in memory", () => {
  const mailer = createMemoryMailer();
  return Promise.resolve({
    mailer,
    keepsOperations: true,
    saysWhen: true,
    refusedAddress: "nowhere",
    inbox: (orderId) =>
      Promise.resolve(
        mailer.inbox
          .filter((mail) => mail.headers["X-Expedite-Order"] === orderId)
          .map(({ subject, text, html, to, headers }) => ({
            subject,
            text,
            html,
            to: to.address,
            template: headers["X-Expedite-Template"],
          })),
      ),
    trouble: (trouble) => Promise.resolve(mailer.trouble(trouble)),
    stop: () => Promise.resolve(),
  });
});

interface Shown extends Omit<ArrivedMail, "to"> {
  readonly id: string;
  readonly orderId: string;
  readonly to: readonly string[];
}

function seenIn(partners: PartnersWorld): Pick<MailerWorld, "inbox" | "trouble"> {
  return {
    async inbox(orderId) {
      const { body } = await partners.json<{ messages: Shown[] }>("GET", "/mail/messages?limit=1000");
      const listed = body.messages.filter((mail) => mail.orderId === orderId);
      return Promise.all(
        listed.map(async ({ id }) => {
          const { body: mail } = await partners.json<Shown>("GET", `/mail/messages/${id}`);
          return { ...mail, to: mail.to.join(", ") };
        }),
      );
    },
    trouble: (trouble) => partners.setMode("mail", modeFor(trouble)),
  };
}

testMailer("Azure Communication Services", async () => {
  const partners = await openPartners();
  return {
    mailer: createAcsMailer({ connectionString: partners.mailConnectionString }),
    keepsOperations: true,
    saysWhen: true,
    refusedAddress: "nowhere",
    ...seenIn(partners),
    stop: () => partners.stop(),
  };
});

testMailer("SMTP", async () => {
  const partners = await openPartners();
  const mailer = createSmtpMailer({ url: partners.smtpUrl });
  return {
    mailer,
    keepsOperations: false,
    saysWhen: false,
    refusedAddress: "sam@suppressed.example",
    ...seenIn(partners),
    async stop() {
      await mailer.close();
      await partners.stop();
    },
  };
});
