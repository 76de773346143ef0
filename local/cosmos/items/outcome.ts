import type { StoredItem } from "../store/item-row.ts";

/** What became of one operation on an item. A refusal of the rules is a value, not an exception. */
export interface Outcome {
  readonly status: 200 | 201 | 204 | 304 | 400 | 404 | 409 | 412 | 413 | 424;
  readonly subStatus?: number;
  /** Present on success, except for a delete. */
  readonly item?: StoredItem;
  /** Present on refusal. */
  readonly message?: string;
}

export const isSuccess = (outcome: Outcome): boolean => outcome.status < 300;

export const missing: Outcome = {
  status: 404,
  message: "Entity with the specified id does not exist in the system.",
};
export const duplicate: Outcome = {
  status: 409,
  message: "Entity with the specified id already exists in the system.",
};
export const uniqueKeyTaken: Outcome = {
  status: 409,
  message: "Unique index constraint violation.",
};
export const changedMeanwhile: Outcome = {
  status: 412,
  message: "Operation cannot be performed because one of the specified precondition is not met.",
};
