import { MAX_FRAME_BYTES } from "../../limits.ts";
import { MalformedAmqp } from "../../wire/decode.ts";
import type { Transfer } from "../../wire/performatives.ts";
import type { RheaLink } from "./internals.ts";

/** A message of which further frames are to come. */
interface Partial {
  readonly first: Transfer;
  readonly parts: Buffer[];
  bytes: number;
}

/** Puts together the messages that come in several frames. */
export class Assembly {
  readonly #partials = new Map<RheaLink, Partial>();

  /** The whole message as one transfer once its last frame has come. @throws MalformedAmqp */
  take(link: RheaLink, transfer: Transfer): Transfer | undefined {
    const before = this.#partials.get(link);
    if (transfer.aborted) {
      this.#partials.delete(link);
      return undefined;
    }
    if (before === undefined && !transfer.more) return transfer;
    const partial = before ?? { first: transfer, parts: [], bytes: 0 };
    partial.parts.push(transfer.payload);
    partial.bytes += transfer.payload.length;
    if (partial.bytes > MAX_FRAME_BYTES)
      throw new MalformedAmqp("a message in several frames is far too large");
    this.#partials.set(link, partial);
    if (transfer.more) return undefined;
    this.#partials.delete(link);
    const settled = partial.first.settled || transfer.settled;
    return { ...partial.first, settled, payload: Buffer.concat(partial.parts) };
  }

  forget(link: RheaLink): void {
    this.#partials.delete(link);
  }
}
