import { comparePositions, type Directions, type Position } from "./position.ts";
import type { SourceRow } from "./sources.ts";

/** Rows kept beyond the wanted number before they are sorted and cut again. */
const SLACK = 1000;

/** The first `count` rows of an order behind a position, without holding all the others. */
export class TopRows {
  readonly #directions: Directions;
  readonly #count: number;
  readonly #after: Position | undefined;
  #rows: SourceRow[] = [];

  constructor(directions: Directions, count: number, after: Position | undefined) {
    this.#directions = directions;
    this.#count = count;
    this.#after = after;
  }

  add(row: SourceRow): void {
    if (this.#after !== undefined && comparePositions(row, this.#after, this.#directions) <= 0) return;
    this.#rows.push(row);
    if (this.#rows.length >= 2 * this.#count + SLACK) this.#cut();
  }

  rows(): readonly SourceRow[] {
    this.#cut();
    return this.#rows;
  }

  #cut(): void {
    this.#rows.sort((a, b) => comparePositions(a, b, this.#directions));
    this.#rows.length = Math.min(this.#rows.length, this.#count);
  }
}
