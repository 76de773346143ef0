import type { GroupCommit } from "../sqlite/group-commit.ts";
import { errorAnswer, readJson } from "./http/answers.ts";
import type { Answer, Route } from "./http/router.ts";
import { PARTNER_NAMES, type Ledger, type PartnerName } from "./ledger.ts";
import { Mode, type Modes } from "./modes.ts";

/** The switches and the books: without a key, because they are for whoever plays the outside world. */
export function controlRoutes(
  store: GroupCommit,
  ledger: Ledger,
  modes: Modes,
  forgetAll: () => void,
): Route[] {
  return [
    ...PARTNER_NAMES.flatMap((name) => [...modeRoutes(store, modes, name), ledgerRoute(ledger, name)]),
    {
      method: "DELETE",
      path: "/ledgers",
      async handle() {
        await store.write(forgetAll);
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/health",
      handle: () => Promise.resolve({ status: 200, body: { status: "ok" } }),
    },
  ];
}

function modeRoutes(store: GroupCommit, modes: Modes, name: PartnerName): Route[] {
  const path = `/${name}/mode`;
  return [
    {
      method: "GET",
      path,
      async handle() {
        await store.settled();
        return { status: 200, body: modes.get(name) };
      },
    },
    {
      method: "PUT",
      path,
      async handle(call) {
        const read = readJson(Mode, call.body);
        if (!read.ok) return read.answer;
        await store.write(() => modes.set(name, read.value));
        return { status: 200, body: read.value };
      },
    },
  ];
}

/** `?after=<seq>` and `?limit=` page through the ledger; without them it's the whole. */
function ledgerRoute(ledger: Ledger, name: PartnerName): Route {
  return {
    method: "GET",
    path: `/${name}/ledger`,
    handle({ query }): Promise<Answer> {
      const unknown = [...query.keys()].find((key) => key !== "after" && key !== "limit");
      if (unknown !== undefined) {
        return Promise.resolve(errorAnswer(400, "BadRequest", `${unknown}: is not an option here`, unknown));
      }
      const after = Number(query.get("after") ?? 0);
      const limit = Number(query.get("limit") ?? Number.MAX_SAFE_INTEGER);
      for (const [field, value] of Object.entries({ after, limit })) {
        if (Number.isSafeInteger(value) && value >= 0) continue;
        return Promise.resolve(errorAnswer(400, "BadRequest", `${field}: must be a whole number`, field));
      }
      return Promise.resolve({ status: 200, chunks: ledger.list(name, after, limit) });
    },
  };
}
