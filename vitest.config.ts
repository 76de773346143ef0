import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const project = (name: string, testTimeout: number) => ({
  extends: true as const,
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout, hookTimeout: 30_000 },
});

export default defineConfig({
  test: {
    setupFiles: ["tests/setup.ts"],
    // A process per file: what a file leaves open, or breaks, is its own.
    pool: "forks",
    // Vitest would leave one processor out; these tests wait more than they compute.
    maxWorkers: Math.max(2, availableParallelism()),
    projects: [
      project("unit", 30_000),
      project("contract", 30_000),
      project("emulator", 30_000),
      project("journey", 120_000),
    ],
  },
});
