import type { AlarmKind } from "#shared/contracts/watch.ts";

/** `page` wakes somebody, `ticket` waits for the morning. */
export type Loudness = "ticket" | "page";

/** A reason to ring, as it stands now. */
export interface Alarm {
  readonly kind: AlarmKind;
  /** The consumer, circuit or fingerprint that it is about: one alarm per kind and subject. */
  readonly subject: string;
  readonly loudness: Loudness;
  /** One sentence for a chat. Names and numbers of ours, never of customers. */
  readonly text: string;
}

export interface RingingAlarm extends Alarm {
  readonly sinceMs: number;
}

/** What is to be told: an alarm begins to ring, becomes louder, or is over. */
export interface AlarmChange {
  readonly change: "rings" | "louder" | "over";
  readonly alarm: RingingAlarm;
}

const keyOf = ({ kind, subject }: Alarm): string => `${kind}/${subject}`;

/**
 * Compares what rang with what is to ring. Told once when it begins, once when a ticket becomes a page, once when its
 * reason is gone; a page whose reason weakens stays a page until it is over, so that nothing flaps.
 */
export function compareAlarms(
  before: readonly RingingAlarm[],
  now: readonly Alarm[],
  nowMs: number,
): { readonly ringing: RingingAlarm[]; readonly changes: AlarmChange[] } {
  const known = new Map(before.map((alarm) => [keyOf(alarm), alarm]));
  const changes: AlarmChange[] = [];
  const ringing = now.map((alarm): RingingAlarm => {
    const earlier = known.get(keyOf(alarm));
    known.delete(keyOf(alarm));
    if (earlier === undefined) {
      const begun = { ...alarm, sinceMs: nowMs };
      changes.push({ change: "rings", alarm: begun });
      return begun;
    }
    const louder = alarm.loudness === "page" && earlier.loudness === "ticket";
    const still = {
      ...alarm,
      loudness: louder ? alarm.loudness : earlier.loudness,
      sinceMs: earlier.sinceMs,
    };
    if (louder) changes.push({ change: "louder", alarm: still });
    return still;
  });
  for (const alarm of known.values()) changes.push({ change: "over", alarm });
  return { ringing, changes };
}
