/** Demand of one reservation: quantity per SKU, already summed over the order's lines. */
export type Demand = ReadonlyMap<string, number>;

export interface Reservation {
  /** Names this reservation for ever; a repeated call with the same id never holds twice. */
  readonly id: string;
  readonly orderId: string;
  readonly demand: Demand;
}

export type ReserveResult =
  | { readonly ok: true }
  /** Nothing is held: reservations are all or nothing over their SKUs. */
  | { readonly ok: false; readonly reason: "short"; readonly skus: readonly string[] }
  /** The reservation was released before (a late or repeated message); nothing is held. */
  | { readonly ok: false; readonly reason: "released" };

/** Holds goods for orders. Never oversells. Throws TransientFault and PermanentFault. */
export interface Stock {
  reserve(reservation: Reservation): Promise<ReserveResult>;
  /** Gives back what is held, exactly once; afterwards the id can never hold again. Repeats do nothing. */
  release(reservation: Reservation): Promise<void>;
  /**
   * What is held leaves the stock for good, exactly once; afterwards a release gives nothing back, and reserving again
   * answers `ok` and takes nothing more. Repeats do nothing. PermanentFault when nothing is held.
   */
  sell(reservation: Reservation): Promise<void>;
}
