/**
 * Resource ids as the service shapes them: 4 bytes for a database, 4 more for a container, 8 more for an item,
 * in base64 with `-` for `/`. Clients decode them: a container's must have 8 bytes, an item's number is compared
 * little endian (read in @azure/cosmos 4.10.1, sessionContainer and RidSkipCountFilter).
 */
const text = (bytes: Buffer): string => bytes.toString("base64").replaceAll("/", "-");

const database = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};

const container = (databaseNumber: number, number: number): Buffer => {
  const bytes = Buffer.concat([database(databaseNumber), Buffer.alloc(4)]);
  // The highest bit tells a container from a user of the same database.
  bytes.writeUInt32BE((number | 0x80000000) >>> 0, 4);
  return bytes;
};

export const databaseRid = (number: number): string => text(database(number));

export const containerRid = (databaseNumber: number, number: number): string =>
  text(container(databaseNumber, number));

/** A function from row number to item rid; it runs for every item sent, hence the one buffer. */
export function itemRids(databaseNumber: number, number: number): (seq: number) => string {
  const bytes = Buffer.concat([container(databaseNumber, number), Buffer.alloc(8)]);
  return (seq) => {
    bytes.writeUInt32LE(seq % 0x100000000, 8);
    bytes.writeUInt32LE(Math.floor(seq / 0x100000000), 12);
    const base64 = bytes.toString("base64");
    return base64.includes("/") ? base64.replaceAll("/", "-") : base64;
  };
}

/** `"00000000-0001-0000-0000-0123456789ab"` with the quotes: unique per version of anything. */
export function etagOf(version: number, seconds: number): string {
  const digits = version.toString(16).padStart(16, "0");
  return `"${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12)}-0000-${seconds.toString(16).padStart(12, "0")}"`;
}
