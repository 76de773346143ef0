/**
 * MurmurHash3 as the service and its clients use it to place partition keys: x86 32 bit for version 1 keys,
 * x64 128 bit for version 2. Written with 32-bit halves, because BigInt would cost ten times as much.
 */
const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

export function murmur32(bytes: Uint8Array): number {
  const whole = bytes.length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash ^= scramble32(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
  if (whole < bytes.length) hash ^= scramble32(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble32(word: number): number {
  const mixed = Math.imul(word, C1);
  return Math.imul((mixed << 15) | (mixed >>> 17), C2);
}

/** A 64-bit number in two halves, changed in place. */
class Word64 {
  high = 0;
  low = 0;

  set(high: number, low: number): this {
    this.high = high | 0;
    this.low = low | 0;
    return this;
  }

  add(high: number, low: number): this {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.low = sum | 0;
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
    return this;
  }

  xor(high: number, low: number): this {
    this.high ^= high;
    this.low ^= low;
    return this;
  }

  rotateLeft(bits: number): this {
    const { high, low } = bits >= 32 ? { high: this.low, low: this.high } : this;
    const by = bits & 31;
    this.high = (high << by) | (low >>> (32 - by));
    this.low = (low << by) | (high >>> (32 - by));
    return this;
  }

  multiply(high: number, low: number): this {
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const lowest = a0 * b0;
    const middle = a1 * b0 + (lowest >>> 16);
    const cross = a0 * b1 + (middle & 0xffff);
    const carry = a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000);
    this.high = (Math.imul(this.high, low) + Math.imul(this.low, high) + carry) | 0;
    this.low = ((cross & 0xffff) << 16) | (lowest & 0xffff);
    return this;
  }

  /** The final mix: x ^= x >>> 33 (which only touches the low half), times a constant, twice. */
  finish(): this {
    this.low ^= this.high >>> 1;
    this.multiply(0xff51afd7, 0xed558ccd);
    this.low ^= this.high >>> 1;
    this.multiply(0xc4ceb9fe, 0x1a85ec53);
    this.low ^= this.high >>> 1;
    return this;
  }
}

const scramble1 = (word: Word64): Word64 =>
  word.multiply(0x87c37b91, 0x114253d5).rotateLeft(31).multiply(0x4cf5ad43, 0x2745937f);
const scramble2 = (word: Word64): Word64 =>
  word.multiply(0x4cf5ad43, 0x2745937f).rotateLeft(33).multiply(0x87c37b91, 0x114253d5);

/** The two halves of the hash, first half first, each big endian. */
export function murmur128(bytes: Uint8Array): readonly [Uint32Array, Uint32Array] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~15;
  const h1 = new Word64();
  const h2 = new Word64();
  const k = new Word64();
  for (let at = 0; at < whole; at += 16) {
    scramble1(k.set(view.getInt32(at + 4, true), view.getInt32(at, true)));
    h1.xor(k.high, k.low).rotateLeft(27).add(h2.high, h2.low).multiply(0, 5).add(0, 0x52dce729);
    scramble2(k.set(view.getInt32(at + 12, true), view.getInt32(at + 8, true)));
    h2.xor(k.high, k.low).rotateLeft(31).add(h1.high, h1.low).multiply(0, 5).add(0, 0x38495ab5);
  }
  const tail = new DataView(new ArrayBuffer(16));
  for (let at = whole; at < bytes.length; at++) tail.setUint8(at - whole, bytes[at]!);
  scramble2(k.set(tail.getInt32(12, true), tail.getInt32(8, true)));
  h2.xor(k.high, k.low);
  scramble1(k.set(tail.getInt32(4, true), tail.getInt32(0, true)));
  h1.xor(k.high, k.low).xor(0, bytes.length);
  h2.xor(0, bytes.length);
  h1.add(h2.high, h2.low);
  h2.add(h1.high, h1.low);
  h1.finish();
  h2.finish();
  h1.add(h2.high, h2.low);
  h2.add(h1.high, h1.low);
  return [Uint32Array.of(h1.high, h1.low), Uint32Array.of(h2.high, h2.low)];
}
