import type { Peer } from "../amqp/links.ts";
import { BrokerError } from "../errors.ts";
import type { Claim, Grant } from "./sas.ts";

/** What each connection has been allowed through `$cbs`. */
export class Grants {
  readonly #byPeer = new Map<Peer, Map<string, Grant>>();

  /** `path` is the entity's, in any case; "" = the whole namespace. */
  put(peer: Peer, path: string, grant: Grant): void {
    let paths = this.#byPeer.get(peer);
    if (paths === undefined) {
      paths = new Map();
      this.#byPeer.set(peer, paths);
    }
    paths.set(path.toLowerCase(), grant);
  }

  /** @throws BrokerError (unauthorized) unless a token that still holds covers the path or a parent of it */
  require(peer: Peer, path: string, claims: readonly Claim[], now: number): void {
    const paths = this.#byPeer.get(peer);
    for (let scope = path.toLowerCase(); ; scope = scope.slice(0, Math.max(0, scope.lastIndexOf("/")))) {
      const grant = paths?.get(scope);
      if (grant !== undefined && grant.expiresAt > now && claims.some((claim) => grant.claims.has(claim)))
        return;
      if (scope === "") break;
    }
    throw new BrokerError(
      "unauthorized",
      `Unauthorized access. '${claims.join("' or '")}' claim(s) are required to perform this operation on '${path}'.`,
    );
  }

  forget(peer: Peer): void {
    this.#byPeer.delete(peer);
  }
}
