import { expect, test } from "vitest";
import type { Suspicion } from "#shared/domain/reconcile/suspicion.ts";
import { keepFindings, MOST_FINDINGS } from "#shared/use-cases/reconcile/keep-findings.ts";
import { createMemoryApp } from "../../fakes/memory-app.ts";

const suspicion = (number: number): Suspicion => ({
  kind: "charge-missing",
  subject: `pay_${number}`,
  detail: "the provider knows nothing of it",
});
const suspicions = (from: number, count: number): Suspicion[] =>
  Array.from({ length: count }, (_, index) => suspicion(from + index));

test("a provider that shows empty books makes a list that people can read, and says how many there were", async () => {
  const app = createMemoryApp();
  const found = suspicions(0, MOST_FINDINGS + 500);
  expect(await keepFindings(app, found)).toBe(MOST_FINDINGS);
  expect(await app.findings.open()).toHaveLength(MOST_FINDINGS);
  expect(app.log.lines.find(({ event }) => event === "reconcile.too-many-findings")?.facts).toEqual({
    found: MOST_FINDINGS + 500,
    kept: MOST_FINDINGS,
  });
});

test("what is known already keeps its place, and its age, before what is new", async () => {
  const app = createMemoryApp();
  await keepFindings(app, suspicions(5000, 1));
  const [first] = await app.findings.open();
  app.system.advance(86_400_000);
  await keepFindings(app, [...suspicions(0, MOST_FINDINGS), ...suspicions(5000, 1)]);
  const known = (await app.findings.open()).find(({ id }) => id === first?.id);
  expect(known).toMatchObject({ firstSeenAt: first?.firstSeenAt });
  expect(await app.findings.open()).toHaveLength(MOST_FINDINGS);
});
