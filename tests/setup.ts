import { setTimeout } from "node:timers/promises";
import { format } from "node:util";
import { afterAll, beforeEach, vi } from "vitest";

// A test that prints is a test that hides something: every console call fails it.
beforeEach(() => {
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      throw new Error(`console.${level} was called in a test: ${format(...words)}`);
    });
  }
});

/** What a test file may have opened and must have closed again; what does not keep a process alive is not among it. */
const CLOSABLE = new Set([
  "FSEventWrap",
  "PipeServerWrap",
  "ProcessWrap",
  "TCPServerWrap",
  "TCPSocketWrap",
  "TLSWrap",
  "Worker",
]);
/** What was closed may take a moment to be gone. */
const GONE_WITHIN_MS = 3000;

const open = (): string[] => process.getActiveResourcesInfo().filter((kind) => CLOSABLE.has(kind));
const openBefore = open().length;

// Registered before the file's own clean-up, so it runs after it.
afterAll(async () => {
  const deadline = performance.now() + GONE_WITHIN_MS;
  while (open().length > openBefore) {
    if (performance.now() > deadline)
      throw new Error(`This file left open: ${open().slice(openBefore).join(", ")}`);
    await setTimeout(20);
  }
});
