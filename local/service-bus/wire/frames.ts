import { encodeValue } from "./encode.ts";
import { Performative } from "./performatives.ts";
import { type AmqpValue, list, symbol, text } from "./values.ts";

/** Bytes of a frame that hold neither payload nor tag, at most. */
const OVERHEAD = 40;
/** Every peer must take frames of this size (part 2, §2.7.1). */
const LEAST_FRAME_BYTES = 512;
const FRAME_HEADER = 8;
const LIST_START = FRAME_HEADER + 3;

/** The frames of one delivery; one, unless the peer limits their size. */
export function transferFrames(
  channel: number,
  delivery: {
    readonly handle: number;
    readonly id: number;
    readonly tag: Buffer;
    readonly settled: boolean;
  },
  payload: Buffer,
  maxFrameBytes: number,
): Buffer[] {
  const room = Math.max(maxFrameBytes, LEAST_FRAME_BYTES) - OVERHEAD - delivery.tag.length;
  if (payload.length <= room) return [transferFrame(channel, delivery, payload, false)];
  const frames: Buffer[] = [];
  for (let from = 0; from < payload.length; from += room) {
    const part = payload.subarray(from, from + room);
    frames.push(transferFrame(channel, delivery, part, from + room < payload.length));
  }
  return frames;
}

function transferFrame(
  channel: number,
  { handle, id, tag, settled }: Parameters<typeof transferFrames>[1],
  payload: Buffer,
  more: boolean,
): Buffer {
  const frame = Buffer.allocUnsafe(OVERHEAD + tag.length + payload.length);
  let at = writeStart(frame, channel, Performative.transfer, 6);
  at = writeUint(frame, at, handle);
  at = writeUint(frame, at, id);
  frame[at++] = 0xa0;
  frame[at++] = tag.length;
  at += tag.copy(frame, at);
  frame[at++] = 0x43;
  at = writeBoolean(frame, at, settled);
  at = writeBoolean(frame, at, more);
  frame[LIST_START + 1] = at - LIST_START - 2;
  at += payload.copy(frame, at);
  return finish(frame, at);
}

/** `state` is an encoded delivery state. */
export function dispositionFrame(
  channel: number,
  { role, first, last }: { readonly role: boolean; readonly first: number; readonly last: number },
  state: Buffer,
): Buffer {
  const frame = Buffer.allocUnsafe(OVERHEAD + state.length);
  // Its list says its size in four bytes, since the description of an error may be long.
  let at = writeStart(frame, channel, Performative.disposition, 5, 4);
  at = writeBoolean(frame, at, role);
  at = writeUint(frame, at, first);
  at = writeUint(frame, at, last);
  at = writeBoolean(frame, at, true);
  at += state.copy(frame, at);
  frame.writeUInt32BE(at - LIST_START - 5, LIST_START + 1);
  return finish(frame, at);
}

export const ACCEPTED = Buffer.from([0x00, 0x53, 0x24, 0x45]);

export function rejected(condition: string, description: string): Buffer {
  const error = described(0x1dn, list([symbol(condition), text(description)]));
  return encodeValue(described(0x25n, list([error])));
}

const described = (code: bigint, value: AmqpValue): AmqpValue => ({
  type: "described",
  descriptor: { type: "ulong", value: code },
  value,
});

/** Frame header, descriptor and the start of the list of fields; the offset of the first field. */
function writeStart(frame: Buffer, channel: number, code: number, count: number, width = 1): number {
  frame[4] = 2;
  frame[5] = 0;
  frame.writeUInt16BE(channel, 6);
  frame[8] = 0x00;
  frame[9] = 0x53;
  frame[10] = code;
  frame[LIST_START] = width === 1 ? 0xc0 : 0xd0;
  if (width === 1) frame[LIST_START + 2] = count;
  else frame.writeUInt32BE(count, LIST_START + 5);
  return LIST_START + 1 + 2 * width;
}

function writeUint(frame: Buffer, at: number, value: number): number {
  frame[at] = 0x70;
  return frame.writeUInt32BE(value, at + 1);
}

function writeBoolean(frame: Buffer, at: number, value: boolean): number {
  frame[at] = value ? 0x41 : 0x42;
  return at + 1;
}

function finish(frame: Buffer, end: number): Buffer {
  frame.writeUInt32BE(end);
  return frame.subarray(0, end);
}
