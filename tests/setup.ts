import { format } from "node:util";
import { beforeEach, vi } from "vitest";

// A test that prints is a test that hides something: every console call fails it.
beforeEach(() => {
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, level).mockImplementation((...words: unknown[]) => {
      throw new Error(`console.${level} was called in a test: ${format(...words)}`);
    });
  }
});
