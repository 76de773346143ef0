import { defineConfig } from "vitest/config";

const project = (name: string, testTimeout: number) => ({
  extends: true as const,
  test: { name, include: [`tests/${name}/**/*.test.ts`], testTimeout, hookTimeout: 30_000 },
});

export default defineConfig({
  test: {
    setupFiles: ["tests/setup.ts"],
    pool: "forks",
    projects: [
      project("unit", 10_000),
      project("contract", 30_000),
      project("emulator", 30_000),
      project("journey", 120_000),
    ],
  },
});
