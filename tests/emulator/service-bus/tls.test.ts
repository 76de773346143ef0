import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import { KEY } from "./keys.ts";

const run = promisify(execFile);

async function openSecure(folder?: string) {
  const dataFolder = folder ?? (await mkdtemp(join(tmpdir(), "expedite-tls-")));
  if (folder === undefined) onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const bus = await startServiceBus({
    dataFolder,
    clock: realClock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    tlsPort: 0,
    sharedAccessKeys: [KEY],
    topology: { queues: [], topics: [] },
  });
  onTestFinished(() => bus.stop());
  const { tls } = bus;
  if (tls === undefined) throw new Error("there is no TLS port");
  return { bus, tls, dataFolder };
}

async function client(
  connectionString: string,
  authorityFile: string,
  how = "connection string",
): Promise<unknown> {
  const script = fileURLToPath(new URL("./tls-client.ts", import.meta.url));
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authorityFile };
  const { stdout } = await run(process.execPath, [script, connectionString, how], { env });
  return JSON.parse(stdout);
}

test("both genuine clients work through one TLS port, told nothing but its connection string", async () => {
  const { tls } = await openSecure();
  expect(tls.connectionString).not.toContain("UseDevelopmentEmulator");
  expect(await client(tls.connectionString, tls.authorityFile)).toEqual({
    received: 50,
    left: 0,
    listed: ["secure"],
  });
});

test("a key by its name, or a connection string of Azure with an address of its own, leads to the TLS port too", async () => {
  for (const how of ["named key", "custom endpoint"]) {
    const { tls } = await openSecure();
    expect(await client(tls.connectionString, tls.authorityFile, how), how).toMatchObject({ received: 50 });
  }
});

test("a token that is no shared access signature is refused by name", async () => {
  const { tls } = await openSecure();
  expect(await client(tls.connectionString, tls.authorityFile, "token")).toEqual({
    failed: expect.stringContaining("Tokens of type 'jwt' are not supported"),
  });
});

test("clients that do not trust the certificate do not connect", async () => {
  const { tls } = await openSecure();
  const other = await openSecure();
  expect(await client(tls.connectionString, other.tls.authorityFile)).toEqual({
    failed: expect.stringMatching(/certificate|self.signed|issuer/i),
  });
});

test("the certificate is for this machine only, and stays until it is damaged", async () => {
  const { bus, tls, dataFolder } = await openSecure();
  const folder = join(dataFolder, "tls");
  const authority = new X509Certificate(await readFile(tls.authorityFile));
  const certificate = new X509Certificate(await readFile(join(folder, "localhost.pem")));
  expect(authority.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkIssued(authority)).toBe(true);
  expect(certificate.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  expect(certificate.checkHost("example.com")).toBeUndefined();
  expect((await stat(join(folder, "localhost-key.pem"))).mode & 0o077).toBe(0);
  await bus.stop();

  const again = await openSecure(dataFolder);
  expect(new X509Certificate(await readFile(again.tls.authorityFile)).fingerprint256).toBe(
    authority.fingerprint256,
  );
  await again.bus.stop();
  await writeFile(join(folder, "localhost.pem"), "damaged");
  const renewed = await openSecure(dataFolder);
  const other = new X509Certificate(await readFile(renewed.tls.authorityFile));
  expect(other.fingerprint256).not.toBe(authority.fingerprint256);
});

test("strangers on the TLS port do no harm, and HTTPS answers beside them", async () => {
  const { tls } = await openSecure();
  const ca = await readFile(tls.authorityFile);
  await new Promise<void>((resolve) => {
    const plain = connectPlain(tls.port, "localhost", () => plain.write("GET / HTTP/1.1\r\n\r\n"));
    plain.on("error", () => undefined).once("close", () => resolve());
    plain.resume();
  });
  // One that says nothing, one that leaves at once, one that speaks neither protocol.
  const silent = connect({ port: tls.port, host: "localhost", ca }).on("error", () => undefined);
  onTestFinished(() => void silent.destroy());
  await new Promise<void>((resolve) => {
    const gone = connect({ port: tls.port, host: "localhost", ca }, () => gone.destroy());
    gone.once("close", () => resolve());
  });
  await new Promise<void>((resolve) => {
    const babbler = connect({ port: tls.port, host: "localhost", ca }, () => babbler.write("\0\u0001AMQP!!"));
    babbler.on("error", () => undefined).once("close", () => resolve());
    babbler.resume();
  });
  const status = await new Promise((resolve, reject) => {
    const asked = request(
      { port: tls.port, host: "localhost", path: "/health", ca, agent: false },
      (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode));
      },
    );
    asked.once("error", reject).end();
  });
  expect(status).toBe(200);
});
