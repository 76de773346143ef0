/** Quotas and defaults of the Standard tier, in bytes, milliseconds or messages. */

/** Largest single message and largest batch, as the Standard tier has it. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
/**
 * A frame, or a message in several frames, beyond this ends the connection. Far above the largest message,
 * because what is merely too large must be answered, not cut off: clients send it in one frame.
 */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024;
/** Bytes that wait for a peer to read on before its links get no more. */
export const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
/** Messages on their way to the receivers of one session that these have not settled; Azure's client stops at 2048. */
export const MAX_UNSETTLED = 8192;
/** Sends a client may have unanswered on one link. */
export const SENDER_CREDIT = 1000;
/** Auto-forwarding and topic hops after which a message goes to the transfer dead-letter queue. */
export const MAX_HOPS = 4;
/** A message that never expires; also "later than anything" for timers. */
export const NEVER = Number.MAX_SAFE_INTEGER;
/** Message heads of one held session that wait in memory. */
export const SESSION_WINDOW = 64;
/** Sessions with messages that wait in memory for a receiver; further ones are found on disk. */
export const SESSION_LINE = 4096;
/** Sessions found on disk at once when the line has run empty. */
export const SESSION_REFILL = 256;
/** How long a receiver waits for its next session unless it says otherwise, and at most. */
export const SESSION_WAIT_MS = 60_000;
/** Session ids, message ids and partition keys, in characters. */
export const MAX_ID_LENGTH = 128;
/** One application property, encoded. */
export const MAX_PROPERTY_BYTES = 32 * 1024 - 1;
/** All properties and annotations of a message together, encoded, as they were sent. */
export const MAX_PROPERTIES_BYTES = 64 * 1024;
/** Message heads of one queue that wait in memory; the rest wait on disk. */
export const READY_WINDOW = 1024;
/** Heads read from disk at once when the window has run empty. */
export const REFILL = 512;
/** Messages that one timer call moves (activates, expires) before other work gets its turn. */
export const SWEEP = 500;
/** Bodies up to this size stay in memory while their message waits in the window. */
export const CACHED_PAYLOAD_BYTES = 4 * 1024;
/** Sequence numbers set aside by one write, so that none repeats after a crash. */
export const SEQUENCE_BLOCK = 1000;
/** Peek replies stop growing here. */
export const MAX_REPLY_BYTES = MAX_MESSAGE_BYTES;
/** Largest administration request body. */
export const MAX_ADMINISTRATION_BYTES = 1024 * 1024;
/** After this long without a frame a connection counts as dead. */
export const IDLE_TIMEOUT_MS = 240_000;
