import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { newClient } from "./open-bus.ts";

const SAMPLE = join(import.meta.dirname, "Config.json");
const MAIN = fileURLToPath(new URL("../../../local/service-bus/main.ts", import.meta.url));

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "expedite-command-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function command(...options: readonly string[]): ChildProcess & { readonly lines: Promise<string[]> } {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  });
  return Object.assign(child, { lines: linesUntilReady(child) });
}

async function linesUntilReady(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) return lines;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "ready") return lines;
    lines.push(line);
  }
  return lines;
}

const start = (data: string, ...more: readonly string[]) =>
  command("--data", data, "--amqp-port", "0", "--admin-port", "0", "--durability", "relaxed", ...more);

const connectionIn = (lines: readonly string[]): string =>
  lines.find((line) => line.startsWith("connection"))?.replace(/^connection\s+/, "") ?? "";

test("the broker runs alone, from the official emulator's file, and keeps messages over a restart", async () => {
  const data = await temporaryFolder();
  const first = start(data, "--config", SAMPLE, "--tls-port", "0");
  const lines = await first.lines;
  expect(lines).toEqual([
    expect.stringMatching(/7 entities from .*Config\.json.*durability relaxed$/),
    expect.stringMatching(/^AMQP\s+localhost:\d+$/),
    expect.stringMatching(/^administration\s+http:\/\/localhost:\d+$/),
    expect.stringContaining("SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true"),
    expect.stringMatching(/^AMQP and HTTPS\s+localhost:\d+$/),
    expect.stringContaining("Endpoint=sb://localhost:"),
    expect.stringMatching(/NODE_EXTRA_CA_CERTS=\/.*authority\.pem$/),
  ]);
  const message = {
    body: "x",
    subject: "placed",
    contentType: "application/json",
    applicationProperties: { total: 12, gift: true, brand: "a // b" },
  };
  const client = newClient(connectionIn(lines));
  await client.createSender("orders").sendMessages([message, { ...message, subject: "cancelled" }]);
  await client.close();
  first.kill("SIGTERM");
  expect(await once(first, "exit")).toEqual([0, null]);

  const again = newClient(connectionIn(await start(data, "--config", SAMPLE).lines));
  const bodies = async (...place: [string] | [string, string]) => {
    const receiver = place.length === 1 ? again.createReceiver(place[0]) : again.createReceiver(...place);
    return (await receiver.peekMessages(10)).map(({ subject, applicationProperties }) => ({
      subject,
      size: applicationProperties?.["size"],
    }));
  };
  expect(await bodies("orders", "typed")).toEqual([{ subject: "placed", size: undefined }]);
  expect(await bodies("work")).toEqual([{ subject: "placed", size: "large" }]);
  expect(await bodies("orders", "all")).toHaveLength(2);
});

test("without a word about it, everything is on the disk before it is acknowledged", async () => {
  const data = await temporaryFolder();
  const [first] = await command("--data", data, "--amqp-port", "0", "--admin-port", "0").lines;
  expect(first).toMatch(/durability strict$/);
});

test.each([
  [["--durability", "none"], /strict or relaxed, not 'none'/],
  [["--amqp-port", "high"], /--amqp-port is a port/],
  [["--config", "missing.json"], /There is no file missing\.json/],
  [["--speed", "9"], /--speed/],
])("a wrong command line says what is wrong: %s", async (options, message) => {
  const child = command(...options);
  const errors = (async () => {
    let text = "";
    for await (const part of child.stderr ?? []) text += String(part);
    return text;
  })();
  const [code] = await once(child, "exit");
  expect(code).toBe(1);
  expect(await errors).toMatch(message);
});

test("a file with mistakes starts nothing and lists them", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "Config.json");
  await writeFile(
    file,
    '{"UserConfig":{"Namespaces":[{"Name":"n","Queues":[{"Name":"q","Properties":{"Lock":1}}]}]}}',
  );
  const child = start(folder, "--config", file);
  let text = "";
  child.stderr?.on("data", (part) => (text += String(part)));
  const [code] = await once(child, "close");
  expect(code).toBe(1);
  expect(text).toMatch(
    /has mistakes:\n {2}UserConfig\.Namespaces\[0\]\.Queues\[0\]\.Properties: unknown: Lock; allowed:/,
  );
});
