import type { Peer } from "../amqp/links.ts";
import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import { BrokerError } from "../errors.ts";
import type { Claim, Grant } from "./sas.ts";

/** What each connection has been allowed through `$cbs`. */
export class Grants {
  readonly #clock: Clock;
  readonly #byPeer = new Map<Peer, Map<string, Grant>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `path` is the entity's, in any case; "" = the whole namespace. */
  put(peer: Peer, path: string, grant: Grant): void {
    let paths = this.#byPeer.get(peer);
    if (paths === undefined) {
      paths = new Map();
      this.#byPeer.set(peer, paths);
    }
    paths.set(path.toLowerCase(), grant);
  }

  /**
   * Calls back once the token behind a link has run out without another in its place, until the returned
   * function is called. The one clock wakes us, but expiry is the wall clock's: clients sign by that.
   */
  watch(
    peer: Peer,
    path: string,
    claims: readonly Claim[],
    onExpired: (error: BrokerError) => void,
  ): () => void {
    let call: ScheduledCall | undefined;
    const look = (): void => {
      const now = Date.now();
      const until = this.#until(peer, path, claims, now);
      if (until > now) call = this.#clock.schedule(until - now, look);
      else onExpired(new BrokerError("unauthorized", "Unauthorized access. The token has expired."));
    };
    look();
    return () => call?.cancel();
  }

  /** @throws BrokerError (unauthorized) unless a token that still holds covers the path or a parent of it */
  require(peer: Peer, path: string, claims: readonly Claim[], now: number): void {
    if (this.#until(peer, path, claims, now) > now) return;
    throw new BrokerError(
      "unauthorized",
      `Unauthorized access. '${claims.join("' or '")}' claim(s) are required to perform this operation on '${path}'.`,
    );
  }

  /** Until when some token covers the path; 0 = none does. */
  #until(peer: Peer, path: string, claims: readonly Claim[], now: number): number {
    const paths = this.#byPeer.get(peer);
    for (let scope = path.toLowerCase(); ; scope = scope.slice(0, Math.max(0, scope.lastIndexOf("/")))) {
      const grant = paths?.get(scope);
      if (grant !== undefined && grant.expiresAt > now && claims.some((claim) => grant.claims.has(claim)))
        return grant.expiresAt;
      if (scope === "") return 0;
    }
  }

  forget(peer: Peer): void {
    this.#byPeer.delete(peer);
  }
}
