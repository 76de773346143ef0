import { MAX_UNSETTLED } from "../../limits.ts";
import { serial } from "./serial.ts";

/** A message that we sent and whose receiver has not decided yet, or whose decision is being carried out. */
export interface SentDelivery<Link> {
  readonly id: number;
  readonly link: Link;
  readonly subject: unknown;
  isDecided: boolean;
}

/** The unsettled deliveries of a session, by their number. */
export class Sent<Link> {
  readonly #byId = new Map<number, SentDelivery<Link>>();

  get room(): number {
    return MAX_UNSETTLED - this.#byId.size;
  }

  add(id: number, link: Link, subject: unknown): void {
    this.#byId.set(id, { id, link, subject, isDecided: false });
  }

  remove(id: number): void {
    this.#byId.delete(id);
  }

  removeAllOf(link: Link): void {
    for (const delivery of this.#byId.values()) if (delivery.link === link) this.#byId.delete(delivery.id);
  }

  /** The peer names a range, which may be wider than what there is to settle by billions. */
  between(first: number, last: number): SentDelivery<Link>[] {
    const width = serial(last - first);
    if (width > this.#byId.size)
      return [...this.#byId.values()].filter(({ id }) => serial(id - first) <= width);
    const found: SentDelivery<Link>[] = [];
    for (let at = 0; at <= width; at++) {
      const delivery = this.#byId.get(serial(first + at));
      if (delivery !== undefined) found.push(delivery);
    }
    return found;
  }
}
