import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { defaultPorts } from "#local/cloud/index.ts";
import { OrderRequest } from "#shared/contracts/order-request.ts";

const keysByOwner = z.record(z.string(), z.string().min(16));

/** What `endpoints.json` promises to scripts and people. */
export const Place = z.strictObject({
  functions: z.url(),
  serviceBus: z.strictObject({ connectionString: z.string(), administration: z.url() }),
  cosmos: z.strictObject({ endpoint: z.url(), key: z.string() }),
  storage: z.strictObject({ connectionString: z.string() }),
  partners: z.url(),
  mail: z.strictObject({ connectionString: z.string(), smtp: z.url() }),
  keys: z.strictObject({ storefront: keysByOwner, vendor: keysByOwner, ops: keysByOwner }),
  samples: z.record(z.string(), OrderRequest),
});
export type Place = z.infer<typeof Place>;

export const readPlace = (home: string): Place =>
  Place.parse(JSON.parse(readFileSync(join(home, "endpoints.json"), "utf8")));

/** A data folder of its own, and how to get rid of it. */
export function temporaryHome(): { readonly home: string; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), "expedite-journey-"));
  return { home, remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Below the range from which the system takes the ports of outgoing connections. */
const LOWEST_OFFSET = 10_500;
/** No two ports of a cloud are a multiple of it apart, so clouds at different offsets share none. */
const STEP = 26;
const OFFSETS = 420;
/** Whoever listens there, moved by the offset, has the offset to itself. */
const RESERVATION_PORT = 6_000;

/** An offset at which every port of a cloud is free; no other process that asks gets it before this one has ended. */
export async function freePortOffset(): Promise<number> {
  for (;;) {
    const offset = LOWEST_OFFSET + STEP * Math.floor(Math.random() * OFFSETS);
    if (!(await reserve(offset))) continue;
    const free = await Promise.all(Object.values(defaultPorts).map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
}

const reserve = (offset: number): Promise<boolean> =>
  new Promise((resolve) => {
    const reservation = createServer().unref();
    reservation.once("error", () => resolve(false));
    reservation.listen(RESERVATION_PORT + offset, "127.0.0.1", () => resolve(true));
  });

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
