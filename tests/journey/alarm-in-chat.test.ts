import { afterAll, expect, test } from "vitest";
import { startVendorServer, type VendorServer } from "../fakes/vendor-server.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { setMode } from "./support/partner-books.ts";
import { place202 } from "./support/storefront.ts";

const BRAND = "pancake-palace";

let chat: VendorServer;
const cloud = useCloud({
  settings: async (portOffset) => {
    chat = await startVendorServer();
    return {
      WATCH_SCHEDULE: "*/1 * * * * *",
      ALARM_CHAT_URL: chat.url,
      RUNBOOK_URL: "https://docs.example/operations.md",
      // What is private is not called, not even for an alarm, unless it is named here.
      WEBHOOK_PRIVATE_TARGETS: `127.0.0.1:${chat.port},127.0.0.1:${7080 + portOffset}`,
    };
  },
});
afterAll(() => chat.stop());

const said = (): string[] => chat.delivered.map(({ body }): string => JSON.parse(body).text);

test("the mail provider goes down: the chat says so once, and that it is over when it is", async () => {
  const { place } = cloud();
  await setMode(place, "mail", { mode: "down" });
  // Several orders, one after the other: a circuit opens by a share of failures, not by one.
  for (let number = 1; number <= 12; number++) await place202(place, BRAND, `alarm-${number}`, number);
  const open =
    /^(TICKET|PAGE): mail:\S+ does not answer since \d\d:\d\d UTC; \d+ deliveries are held for it\. \S+#circuit-open$/;
  await eventually(() => expect(said().filter((text) => open.test(text))).toHaveLength(1), 40_000);
  await setMode(place, "mail", { mode: "ok" });
  await eventually(
    () => expect(said()).toContainEqual(expect.stringMatching(/^Over: circuit-open of mail:/)),
    40_000,
  );
});
