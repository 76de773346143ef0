/**
 * Request units, by a simple model in the proportions that the service documents for items of 1 KB with few indexed
 * properties: a read 1, a write 5, a query 2.5 or so and more for what it looks at. Nothing to tune an application by.
 */
const KB = 1024;

const kilobytes = (characters: number): number => Math.max(1, Math.ceil(characters / KB));
const rounded = (charge: number): number => Math.round(charge * 100) / 100;

export const readCharge = (characters: number): number => rounded(1 + (kilobytes(characters) - 1) * 0.1);

/** Every index is one more thing to write. */
export const writeCharge = (characters: number, indexes: number): number =>
  rounded(5 + (kilobytes(characters) - 1) * 2 + indexes * 0.5);

export const queryCharge = (looked: number, characters: number): number =>
  rounded(2.3 + looked * 0.05 + (kilobytes(characters) - 1) * 0.1);

export const feedCharge = (items: number, characters: number): number =>
  rounded(1 + items * 0.05 + (kilobytes(characters) - 1) * 0.1);
