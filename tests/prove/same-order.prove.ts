/** Fifty identical posts at once are one order, with every effect once; and an attempt that failed or died never burns its key. */
import { orderIdFor } from "#shared/domain/ids.ts";
import { buildAppIfChanged } from "../../scripts/build.ts";
import { projectRoot } from "../../scripts/expedite.ts";
import { compare, effectsOfConfirmed } from "../journey/support/partner-books.ts";
import { post, requestFor } from "../journey/support/storefront.ts";
import { Books } from "./support/books.ts";
import { ProvingCloud } from "./support/proving-cloud.ts";
import { concludes } from "./support/verdict.ts";
import { setTimeout as pause } from "node:timers/promises";

const POSTS = 50;
const ROUNDS = 20;
const BRAND = "pancake-palace";

interface Posted {
  readonly status: number;
  readonly id: string | undefined;
  readonly isReplay: boolean;
}

const startedAt = performance.now();
await buildAppIfChanged(projectRoot);
const cloud = await ProvingCloud.open({ appRoot: projectRoot });
const books = new Books(cloud.place);
const keys: string[] = [];

async function once(key: string, body: unknown = requestFor(cloud.place, BRAND)): Promise<Posted> {
  const response = await post(cloud.place, BRAND, key, body).catch(() => undefined);
  if (response === undefined) return { status: 0, id: undefined, isReplay: false };
  const text = await response.text();
  const id = response.headers.get("location")?.split("/").at(-1);
  if (response.status === 202 && id !== undefined && !text.includes(id)) throw new Error(`${key}: ${text}`);
  return { status: response.status, id, isReplay: response.headers.get("idempotency-replayed") === "true" };
}

const fiftyAtOnce = async (key: string): Promise<Posted[]> => {
  keys.push(key);
  return await Promise.all(Array.from({ length: POSTS }, () => once(key)));
};

async function setFaults(faults: object): Promise<void> {
  const { endpoint, key } = cloud.place.cosmos;
  const response = await fetch(new URL("_expedite/faults", endpoint), {
    method: "PUT",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(faults),
  });
  if (!response.ok) throw new Error(`Faults: ${await response.text()}`);
}

const taken = (posts: readonly Posted[]): Posted[] => posts.filter(({ status }) => status === 202);
const count = (rounds: readonly (readonly Posted[])[], what: (posts: readonly Posted[]) => number): number =>
  rounds.reduce((sum, posts) => sum + what(posts), 0);

try {
  const calm: Posted[][] = [];
  for (let round = 0; round < ROUNDS; round++) calm.push(await fiftyAtOnce(`same-${round}`));

  // The same while the process that answers is killed at another moment each time; then the storefronts post again.
  const killed: Posted[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const posts = fiftyAtOnce(`killed-${round}`);
    await pause(round * 8);
    const victim = cloud.workers[0];
    if (victim !== undefined) process.kill(victim, "SIGKILL");
    const first = await posts;
    killed.push([
      ...first,
      ...(await Promise.all(first.filter(({ status }) => status !== 202).map(() => once(`killed-${round}`)))),
    ]);
  }

  // Whoever was killed last may have had nothing to answer any more: its successor is waited for.
  while ((await once(`killed-${ROUNDS - 1}`)).status !== 202) await pause(50);

  // Refused for its body; refused because the store is away; then right.
  const { lines, ...noLines } = requestFor(cloud.place, BRAND);
  const afterRefusal: Posted[] = [];
  const afterFault: Posted[] = [];
  const refusals: number[] = [];
  const faults: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    keys.push(`refused-${round}`, `away-${round}`);
    refusals.push((await once(`refused-${round}`, noLines)).status);
    afterRefusal.push(await once(`refused-${round}`, { ...noLines, lines }));
    await setFaults({ status: 503 });
    faults.push((await once(`away-${round}`)).status);
    await setFaults({});
    afterFault.push(await once(`away-${round}`));
  }

  const faultsOf = async (key: string): Promise<string[]> => {
    const id = orderIdFor(BRAND, key);
    const expected = effectsOfConfirmed({ id, brand: BRAND, request: requestFor(cloud.place, BRAND) });
    for (let look = 0; look < 100; look++) {
      if (compare(await books.effectsOf(id), expected).missing.length === 0) break;
      cloud.clock.jump(11_000);
      await pause(50);
    }
    const { missing, surplus } = compare(await books.effectsOf(id), expected);
    return [...missing, ...surplus];
  };
  const wrong: string[] = [];
  for (const key of keys) wrong.push(...(await faultsOf(key)));
  for (const line of wrong) console.log(`  WRONG ${line}`);
  const orders = Object.values(await books.statuses(BRAND)).reduce((sum, each) => sum + each, 0);
  const names = (rounds: readonly (readonly Posted[])[]): number =>
    new Set(rounds.flatMap((posts) => taken(posts).map(({ id }) => id))).size;

  concludes("the same order many times", startedAt, [
    [`rounds of ${POSTS} identical posts at once`, ROUNDS, undefined],
    ["  posts answered with 202", count(calm, (posts) => taken(posts).length), ROUNDS * POSTS],
    ["  orders they name", names(calm), ROUNDS],
    [
      "  answers that are not marked as a replay",
      count(calm, (posts) => taken(posts).filter(({ isReplay }) => !isReplay).length),
      ROUNDS,
    ],
    [`rounds of ${POSTS} posts during which the process is killed`, ROUNDS, undefined],
    [
      "  posts without an answer, or with an error",
      count(killed, (posts) => posts.length - taken(posts).length),
      undefined,
    ],
    [
      "  posts with 202, those posted again included",
      count(killed, (posts) => taken(posts).length),
      ROUNDS * POSTS,
    ],
    ["  orders they name", names(killed), ROUNDS],
    ["keys refused for the body (422)", refusals.filter((status) => status === 422).length, ROUNDS],
    ["  accepted with a right body", taken(afterRefusal).length, ROUNDS],
    ["keys failed while the store was away (503)", faults.filter((status) => status === 503).length, ROUNDS],
    ["  accepted when it was back", taken(afterFault).length, ROUNDS],
    ["orders in the store", orders, keys.length],
    ["effects missing or more than once", wrong.length, 0],
  ]);
} finally {
  books.close();
  await cloud.close();
}
process.exit();
