import { timingSafeEqual } from "node:crypto";
import type { ApiKey, Scope } from "#shared/contracts/directory.ts";
import { hashOfKey } from "#shared/domain/ids.ts";
import type { Directory } from "#shared/ports/directory.ts";

/** Whom a request speaks for. */
export interface Caller {
  readonly scope: Scope;
  /** The brand or vendor that the key is bound to. */
  readonly owner: string;
}

const BEARER = /^Bearer ([\x21-\x7e]{16,200})$/i;

export type Authentication =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly reason: "unauthorized" | "forbidden" };

/** Looks the key up by its hash, so that neither storage nor timing gives the key away. */
export async function authenticate(
  directory: Directory,
  authorization: string | null,
  scope: Scope,
): Promise<Authentication> {
  const key = BEARER.exec(authorization ?? "")?.[1];
  if (key === undefined) return { ok: false, reason: "unauthorized" };
  const hash = hashOfKey(key);
  const known = await directory.key(hash);
  if (known === undefined || !sameHash(known, hash)) return { ok: false, reason: "unauthorized" };
  if (known.scope !== scope) return { ok: false, reason: "forbidden" };
  return { ok: true, caller: { scope, owner: known.owner } };
}

const sameHash = (known: ApiKey, hash: string): boolean =>
  timingSafeEqual(Buffer.from(known.id), Buffer.from(hash));
