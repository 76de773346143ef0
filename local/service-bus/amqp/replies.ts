import type { OutgoingLink, Peer } from "./links.ts";

const NO_TAG = Buffer.from([0]);
/** Replies that wait for credit on one link; a client that never takes them gets no more. */
const MAX_WAITING = 1000;

interface ReplyLink {
  readonly link: OutgoingLink<unknown>;
  readonly waiting: Buffer[];
}

/** The receiving halves of request/response pairs, found by the name or address that requests reply to. */
export class Replies {
  readonly #links = new Map<Peer, Map<string, ReplyLink>>();

  accept(link: OutgoingLink<unknown>): void {
    const own: ReplyLink = { link, waiting: [] };
    const names = this.#links.get(link.peer) ?? new Map<string, ReplyLink>();
    this.#links.set(link.peer, names);
    const keys = [link.name, link.target].filter((key) => key !== "");
    for (const key of keys) names.set(key, own);
    link.accept({
      credit: (drain) => {
        while (own.waiting.length > 0 && link.room() > 0) send(link, own.waiting.shift());
        if (drain) link.drained();
      },
      outcome: (delivery) => delivery.settle(),
      closed: () => {
        for (const key of keys) if (names.get(key) === own) names.delete(key);
      },
    });
  }

  /** A reply to nobody is dropped: the peer has gone, or never opened the link. */
  send(peer: Peer, replyTo: string, encoded: Buffer): void {
    const own = this.#links.get(peer)?.get(replyTo);
    if (own === undefined) return;
    if (own.waiting.length === 0 && own.link.room() > 0) send(own.link, encoded);
    else if (own.waiting.length < MAX_WAITING) own.waiting.push(encoded);
  }

  forget(peer: Peer): void {
    this.#links.delete(peer);
  }
}

function send(link: OutgoingLink<unknown>, encoded: Buffer | undefined): void {
  if (encoded !== undefined) link.send(encoded, NO_TAG, undefined);
}
