import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { checkTarget, isPublic, type Resolve } from "#shared/adapters/webhook/target.ts";

const NOBODY: ReadonlySet<string> = new Set();

test.for(["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])(
  "%s is public",
  (address) => {
    expect(isPublic(address)).toBe(true);
  },
);

test.for([
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.8.8.8",
  "168.63.129.16",
  "169.254.169.254",
  "172.16.0.1",
  "192.0.2.1",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::127.0.0.1",
  "::7f00:1",
  "::a9fe:a9fe",
  "4000::1",
  "64:ff9b::7f00:1",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b:1::a00:1",
  "2002:7f00:1::",
  "2001:0:1::1",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "2001:db8::1",
  "100::1",
  "not an address",
])("%s is not public", (address) => {
  expect(isPublic(address)).toBe(false);
});

test.for([
  ["not a URL", "hello", "UnusableUrl"],
  ["another scheme", "file:///etc/passwd", "UnusableUrl"],
  ["plain http", "http://vendor.example/", "UnusableUrl"],
  ["credentials", "https://me:secret@vendor.example/", "UnusableUrl"],
  ["a private address", "https://10.0.0.1/", "AddressRefused"],
  ["an address written as a number", "https://2130706433/", "AddressRefused"],
  ["an address written in octal", "https://0177.0.0.1/", "AddressRefused"],
  ["an address cut short", "https://127.1/", "AddressRefused"],
  ["an IPv6 address", "https://[::1]/", "AddressRefused"],
  ["an IPv4 address in IPv6", "https://[::ffff:a9fe:a9fe]/", "AddressRefused"],
  ["an IPv4 address in IPv6, the old way", "https://[::169.254.169.254]/", "AddressRefused"],
] as const)("%s is refused before anything is sent", ([, url, reason]) => {
  expect(() => checkTarget(url, NOBODY)).toThrow(expect.objectContaining({ reason }));
});

test("secrets in the URL don't get into the description", () => {
  expect(() => checkTarget("https://me:secret@vendor.example/?token=secret", NOBODY)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("secret") }),
  );
});

const resolveTo =
  (...addresses: string[]): Resolve =>
  (_host, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

function look(resolve: Resolve, allowed = NOBODY): Promise<string | LookupAddress[]> {
  const { lookup, url } = checkTarget("https://vendor.example/notices", allowed, resolve);
  return new Promise((done, fail) => {
    lookup(url.hostname, { all: true }, (error, found) => (error === null ? done(found) : fail(error)));
  });
}

test("a name is connected to at its public addresses only", async () => {
  const found = await look(resolveTo("10.0.0.1", "93.184.215.14", "::1"));
  expect(found).toEqual([{ address: "93.184.215.14", family: 4 }]);
});

test("a name without any public address is refused", async () => {
  await expect(look(resolveTo("10.0.0.1", "fd00::1"))).rejects.toMatchObject({ reason: "AddressRefused" });
});

test("a name that is allowed may be private, but only at the port that was named", async () => {
  const found = await look(resolveTo("10.0.0.1"), new Set(["vendor.example:443"]));
  expect(found).toEqual([{ address: "10.0.0.1", family: 4 }]);
  await expect(look(resolveTo("10.0.0.1"), new Set(["vendor.example:8443"]))).rejects.toMatchObject({
    reason: "AddressRefused",
  });
});

test("a name that can't be resolved is not a refusal", async () => {
  const failure = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
  await expect(look((_host, done) => done(failure, []))).rejects.toBe(failure);
});
