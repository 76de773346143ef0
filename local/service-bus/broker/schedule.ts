import { SWEEP } from "../limits.ts";
import type { Clock } from "../../clock/clock.ts";
import { BrokerError } from "../errors.ts";
import { type Messages, State } from "../store/messages.ts";
import type { Journal } from "../store/journal.ts";
import { Due } from "./due.ts";
import type { Entity } from "./entity.ts";
import type { Publisher } from "./publisher.ts";

const RETRY_MS = 1000;

/** Brings the scheduled messages of one entity out when their time has come. */
export class Schedule {
  readonly #entity: Entity;
  readonly #clock: Clock;
  readonly #messages: Messages;
  readonly #publisher: Publisher;
  readonly #timer: Due;

  constructor(entity: Entity, clock: Clock, messages: Messages, publisher: Publisher) {
    this.#entity = entity;
    this.#clock = clock;
    this.#messages = messages;
    this.#publisher = publisher;
    this.#timer = new Due(clock, () => this.#activate());
    if (entity.main.counts.scheduled > 0) this.#timer.by(messages.nextSchedule(entity.main.id));
  }

  by(at: number): void {
    this.#timer.by(at);
  }

  stop(): void {
    this.#timer.stop();
  }

  #activate(): void {
    const queue = this.#entity.main.id;
    const now = this.#clock.now();
    const due = this.#messages.scheduledBy(queue, now, SWEEP);
    if (due.length > 0) {
      this.#publisher.activate(this.#entity, due, () => this.#timer.by(this.#clock.now() + RETRY_MS));
    }
    this.#timer.by(due.length === SWEEP ? now : this.#messages.nextSchedule(queue));
  }
}

/**
 * Takes scheduled messages back, all or none.
 * @throws BrokerError (messageNotFound) when one of them is not scheduled any more
 */
export async function cancelScheduled(
  entity: Entity,
  parts: { readonly journal: Journal; readonly messages: Messages },
  sequences: readonly number[],
): Promise<void> {
  const cancelled = await parts.journal.change(() =>
    sequences.map((sequence) => {
      const head = parts.messages.find(entity.main.id, sequence);
      if (head?.state !== State.scheduled) {
        throw new BrokerError(
          "messageNotFound",
          `There is no scheduled message with sequence number ${sequence}.`,
        );
      }
      parts.messages.remove(head);
      return head;
    }),
  );
  for (const head of cancelled) entity.main.left(head);
}
