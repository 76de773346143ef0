import { expect, test } from "vitest";
import { expectAllDone } from "./support/all-done.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { requestBytes, sendRaw } from "./support/raw-http.ts";
import { authorised, place202, type PlacedOrder, requestFor } from "./support/storefront.ts";

const cloud = useCloud();

const HEAD = "POST /api/orders HTTP/1.1\r\nhost: localhost\r\n";

/** What is no HTTP at all, or HTTP that can be read in two ways. It never reaches the app. */
const broken: Readonly<Record<string, string | Buffer>> = {
  "bytes of something else": Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  "a greeting": "HELO shop.example\r\n\r\n",
  "HTTP/2 without being asked": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "an unknown version": "GET /api/orders HTTP/9.9\r\nhost: localhost\r\n\r\n",
  "an unknown method": "BREW /api/orders HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "a target with a space": "GET /api/ord ers HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "a target with a control character": "GET /api/\u0001 HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "no host": "GET /api/orders HTTP/1.1\r\n\r\n",
  "a host that is none": "GET /api/orders HTTP/1.1\r\nhost: a b@c\r\n\r\n",
  "a header without a colon": `${HEAD}authorization\r\n\r\n`,
  "a space before the colon": `${HEAD}content-length : 2\r\n\r\n{}`,
  "a NUL in a header": `${HEAD}x-note: a\u0000b\r\n\r\n`,
  "a bare line feed in a header": `${HEAD}x-note: a\nb\r\n\r\n`,
  "a length that is no number": `${HEAD}content-length: many\r\n\r\n{}`,
  "a negative length": `${HEAD}content-length: -2\r\n\r\n{}`,
  "two lengths": `${HEAD}content-length: 2\r\ncontent-length: 20\r\n\r\n{}`,
  "a length and chunks": `${HEAD}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  "an unknown coding": `${HEAD}transfer-encoding: gzip\r\n\r\n{}`,
  "a chunk of no size": `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
  "a header of 20 kB": `${HEAD}x-note: ${"x".repeat(20_000)}\r\n\r\n`,
  "a target of 20 kB": `GET /api/${"x".repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  "2000 headers": `${HEAD}${"x: y\r\n".repeat(4_000)}\r\n`,
};

/** HTTP as it should be, with a question that the host answers by itself, as Azure's does. */
const forTheHost: Readonly<Record<string, string>> = {
  "the root": "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "a path outside the API": "GET /etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "a climb out of the API": "GET /api/../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "an encoded climb": "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "an address of another server":
    "GET http://elsewhere.example/api/orders HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "a tunnel": "CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "a trace": "TRACE /api/orders HTTP/1.1\r\nhost: localhost\r\n\r\n",
  "an unknown page of the host": "GET /admin/host/keys HTTP/1.1\r\nhost: localhost\r\n\r\n",
  asterisk: "OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n",
};

/** "closed", or the answer's class of status. */
const endOf = async (bytes: string | Buffer): Promise<string> => {
  const answer = await sendRaw(cloud().place.functions, bytes);
  return answer === undefined ? "closed" : `${Math.floor(answer.status / 100)}xx`;
};

test.each(Object.entries(broken))("%s is refused, or the connection ends", async (_name, bytes) => {
  expect(["4xx", "closed"]).toContain(await endOf(bytes));
});

test.each(Object.entries(forTheHost))("%s is refused by the host itself", async (_name, bytes) => {
  expect(["4xx", "closed"]).toContain(await endOf(bytes));
});

test("those who hang up, in whatever middle, disturb nobody", async () => {
  const { place } = cloud();
  const whole = requestBytes({
    headers: {
      ...authorised(place, "sock-drawer"),
      "content-type": "application/json",
      "idempotency-key": "cut",
    },
    body: JSON.stringify(requestFor(place, "sock-drawer")),
  });
  const cuts = Array.from({ length: 20 }, (_, part) =>
    whole.subarray(0, Math.floor((whole.length * part) / 20)),
  );
  await Promise.all(cuts.map((bytes) => sendRaw(place.functions, bytes, { hangUp: true })));

  const orders: PlacedOrder[] = [];
  for (let number = 0; number < 5; number++)
    orders.push(await place202(place, "pancake-palace", `after-all-that-${number}`));
  await expectAllDone(place, orders);
  expect(cloud().events.filter(({ event }) => event === "part.died" || event === "worker exited")).toEqual(
    [],
  );
});
