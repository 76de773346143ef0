/** The operations that are compared, on whatever store. Each resolves when what it wrote is durable. */
export interface Subject {
  readonly name: string;
  create(id: string): Promise<void>;
  read(id: string): Promise<void>;
  /** Changes an item if a condition on it holds. */
  patch(id: string): Promise<void>;
  /** Four new items, all or nothing. */
  batch(id: string): Promise<void>;
  /** A hundred new items in one request, each for itself. */
  bulk(id: string): Promise<void>;
  /** CPU time of the server so far, in milliseconds. */
  serverCpuMs(): number;
  stop(): Promise<void>;
}

export const BULK = 100;

const filler = "x".repeat(480);

/** About 612 bytes of JSON. A type and not an interface: the client wants one that may have any member. */
export type Item = { id: string; pk: string; state: string; count: number; text: string; tags: string[] };

export const itemOf = (id: string): Item => ({
  id,
  pk: `p${id.length % 10}${id.slice(-2)}`,
  state: "open",
  count: 1,
  text: filler,
  tags: ["one", "two"],
});
