import { afterEach, expect, test, vi } from "vitest";
import { startInBackground } from "#shared/app.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test("a missing setting ends the start before anything is waited for", async () => {
  vi.useFakeTimers(); // whoever waits, waits for ever
  vi.stubEnv("COSMOS_DATABASE", undefined);
  vi.stubEnv("COSMOS__accountEndpoint", undefined);

  await expect(startInBackground()).rejects.toThrow("COSMOS");
});
