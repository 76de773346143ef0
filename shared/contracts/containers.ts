/**
 * The Cosmos DB containers. The adapters, the local seed and the infrastructure templates are made from this list.
 * Only what queries filter or sort by is indexed; every write pays for an index.
 */
export interface ContainerSpec {
  readonly id: string;
  readonly partitionKey: readonly string[];
  /** Indexed paths beside the partition key and id. */
  readonly indexed: readonly string[];
  /** Paths that one query filters and sorts by together. */
  readonly composite?: readonly (readonly {
    readonly path: string;
    readonly order: "ascending" | "descending";
  }[])[];
  /** Documents with a `ttl` of their own expire; the others stay. */
  readonly expires: boolean;
}

export const containers = {
  orders: {
    id: "orders",
    partitionKey: ["/brandId", "/id"],
    indexed: ["/brandId", "/sort", "/status", "/pendingSince", "/dueAt", "/basket"],
    composite: [
      [
        { path: "/brandId", order: "ascending" },
        { path: "/sort", order: "descending" },
      ],
    ],
    expires: false,
  },
  deliveries: {
    id: "deliveries",
    partitionKey: ["/orderId"],
    indexed: ["/heldBy", "/createdAt"],
    composite: [
      [
        { path: "/heldBy", order: "ascending" },
        { path: "/createdAt", order: "ascending" },
      ],
    ],
    expires: false,
  },
  circuits: { id: "circuits", partitionKey: ["/id"], indexed: [], expires: false },
  budgets: { id: "budgets", partitionKey: ["/id"], indexed: [], expires: true },
  watch: { id: "watch", partitionKey: ["/kind"], indexed: [], expires: true },
  stock: { id: "stock", partitionKey: ["/sku"], indexed: ["/sku", "/state"], expires: true },
  brands: { id: "brands", partitionKey: ["/id"], indexed: [], expires: false },
  vendors: { id: "vendors", partitionKey: ["/id"], indexed: [], expires: false },
  findings: { id: "findings", partitionKey: ["/id"], indexed: [], expires: false },
  keys: { id: "keys", partitionKey: ["/id"], indexed: [], expires: false },
} as const satisfies Record<string, ContainerSpec>;

export type ContainerName = keyof typeof containers;
