import { z } from "zod";

const Instant = z.int();

/**
 * What all instances know of one partner or endpoint: whether calls go through, and how fast what waits may follow.
 * Times are milliseconds since the Unix epoch. `shared/domain/circuit.ts` holds the rules.
 */
export const Circuit = z.strictObject({
  /** Whom it is about: `mail:acs`, `webhook:<vendorId>`, `payments`, `stock`. */
  id: z.string(),
  state: z.enum(["closed", "open"]),
  /** Of this state; 0 as long as nothing has ever gone wrong. */
  sinceMs: Instant,
  /** Failures without a success between them. */
  consecutive: z.int().min(0),
  /** Calls of the last minute, in slices of ten seconds, the oldest first. */
  recent: z.array(z.strictObject({ atMs: Instant, successes: z.int().min(0), failures: z.int().min(0) })),
  /** How often it opened or failed a probe since it last worked at full rate; each one doubles the next open time. */
  openings: z.int().min(0),
  /** While open: not before this time may one call be made to see whether it works again. */
  probeAtMs: Instant.optional(),
  /** Somebody is making that call; if nothing is heard until then, somebody else may. */
  probeUntilMs: Instant.optional(),
  /** For whom that call is: whoever takes up the work of a prober that died need not wait. */
  probeBy: z.string().optional(),
  /** Nobody calls before this time: the partner asked for it (Retry-After). */
  blockedUntilMs: Instant.optional(),
  /** Deliveries are held because of it. `emptySinceMs`: none has been found since then. */
  holding: z.strictObject({ sinceMs: Instant, emptySinceMs: Instant.optional() }).optional(),
  /** How fast held deliveries follow after it closed. */
  release: z
    .strictObject({
      perSecond: z.number().positive(),
      /** When the rate was last set, and what became of calls since then. */
      setAtMs: Instant,
      succeeded: z.boolean(),
      troubled: z.boolean(),
      /** Those of an earlier release go out until then. */
      untilMs: z.number(),
      /** The full rate has not been reached: newcomers line up behind those who are held. */
      growing: z.boolean(),
    })
    .optional(),
  lastFailure: z.string().optional(),
});
export type Circuit = z.infer<typeof Circuit>;

/** Of a partner that nobody has reported on. */
export const newCircuit = (id: string): Circuit => ({
  id,
  state: "closed",
  sinceMs: 0,
  consecutive: 0,
  recent: [],
  openings: 0,
});
