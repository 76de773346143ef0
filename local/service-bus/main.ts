/**
 * The broker alone: `node local/service-bus/main.ts --config Config.json --data folder`. Prints where it listens and
 * the connection strings, and ends on SIGINT or SIGTERM with everything on disk.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { realClock } from "../clock/clock.ts";
import { ConfigFault, readConfig } from "./config/read-config.ts";
import { type RunningServiceBus, startServiceBus } from "./index.ts";

const USAGE = `node local/service-bus/main.ts [options]

  --config <file>        entities in the official emulator's Config.json format
  --data <folder>        where everything is kept (default .service-bus)
  --amqp-port <n>        default 5672
  --admin-port <n>       default 5300
  --tls-port <n>         AMQP and HTTPS together, for clients that insist on TLS (default: none)
  --durability <how>     strict (default) or relaxed: the last moments may be lost with the power, not with the process
  --key <text>           of RootManageSharedAccessKey (default SAS_KEY_VALUE, as the official emulator has it)
`;

function options() {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      data: { type: "string", default: ".service-bus" },
      "amqp-port": { type: "string", default: "5672" },
      "admin-port": { type: "string", default: "5300" },
      "tls-port": { type: "string" },
      durability: { type: "string", default: "strict" },
      key: { type: "string", default: "SAS_KEY_VALUE" },
      help: { type: "boolean", default: false },
    },
  });
  const { durability } = values;
  if (durability !== "strict" && durability !== "relaxed") {
    throw new Error(`--durability is strict or relaxed, not '${durability}'`);
  }
  const tlsPort = values["tls-port"];
  return {
    ...values,
    durability,
    amqpPort: port("--amqp-port", values["amqp-port"]),
    administrationPort: port("--admin-port", values["admin-port"]),
    ...(tlsPort === undefined ? {} : { tlsPort: port("--tls-port", tlsPort) }),
  } as const;
}

function port(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535)
    throw new Error(`${name} is a port from 0 to 65535, not '${text}'`);
  return number;
}

function entities(file: string | undefined) {
  if (file === undefined) return [];
  if (!existsSync(file)) throw new Error(`There is no file ${file}`);
  try {
    return readConfig(readFileSync(file, "utf8"));
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    throw new Error(`${file} has mistakes:\n  ${error.message.replaceAll("\n", "\n  ")}`, { cause: error });
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function start(): Promise<RunningServiceBus | undefined> {
  const { help, config, data, key, ...rest } = options();
  if (help) {
    say(USAGE);
    return undefined;
  }
  const wanted = entities(config);
  mkdirSync(data, { recursive: true });
  const bus = await startServiceBus({
    ...rest,
    dataFolder: data,
    clock: realClock,
    log: (event, facts) => void process.stderr.write(`${event} ${JSON.stringify(facts ?? {})}\n`),
    sharedAccessKeys: [{ name: "RootManageSharedAccessKey", key, claims: ["Manage"] }],
    topology: { queues: [], topics: [] },
    entities: wanted,
  });
  say(
    `Service Bus, ${wanted.length} entities from ${config ?? "nowhere"}, data in ${data}, durability ${rest.durability}`,
  );
  say(`AMQP            localhost:${bus.amqpPort}`);
  say(`administration  http://localhost:${bus.administrationPort}`);
  say(`connection      ${bus.connectionString}`);
  if (bus.tls !== undefined) {
    say(`AMQP and HTTPS  localhost:${bus.tls.port}`);
    say(`connection      ${bus.tls.connectionString}`);
    say(`clients need    NODE_EXTRA_CA_CERTS=${bus.tls.authorityFile}`);
  }
  say("ready");
  return bus;
}

try {
  const bus = await start();
  const stop = (): void => void bus?.stop().finally(() => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
