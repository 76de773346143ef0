import { createHmac, timingSafeEqual } from "node:crypto";
import type { Order } from "#shared/contracts/order.ts";

/** What a link stands for: one question of one order, until its deadline. */
export interface QuestionName {
  readonly brandId: string;
  readonly orderId: string;
  readonly question: number;
  readonly expiresAtMs: number;
}

/** Makes and reads the links by which customers answer. Whoever holds one needs no other key. */
export interface QuestionLinks {
  /** Undefined when the order waits for no answer. */
  urlFor(order: Order): string | undefined;
  addressOf(token: string): string;
  /** Undefined for anything that was not made here, whatever is wrong with it. */
  read(token: string): QuestionName | undefined;
}

/** Longer than any token of ours; what is longer is not even looked at. */
const MOST_CHARACTERS = 1000;
const SEPARATOR = "\n";

/**
 * A token is the question's name and an HMAC-SHA-256 over it. The first key signs, every key is taken: a new key is put
 * in front, and the old one is dropped when the last link made with it has expired. The name holds nothing personal.
 */
export function questionLinks(options: {
  readonly keys: readonly string[];
  /** Where the API is reached from outside, with or without a slash at the end. */
  readonly publicUrl: string;
}): QuestionLinks {
  const { keys } = options;
  const [signingKey] = keys;
  if (signingKey === undefined) throw new Error("Links to questions need at least one key");
  const base = `${options.publicUrl.replace(/\/+$/, "")}/api/questions/`;
  const addressOf = (token: string): string => `${base}${token}`;
  return {
    addressOf,
    urlFor({ brandId, id, attention }) {
      if (attention === undefined) return undefined;
      const expiresAtMs = Date.parse(attention.until);
      const name = nameIn({ brandId, orderId: id, question: attention.question, expiresAtMs });
      const mac = macOf(signingKey, name).toString("base64url");
      return addressOf(`${Buffer.from(name).toString("base64url")}.${mac}`);
    },
    read(token) {
      if (token.length > MOST_CHARACTERS) return undefined;
      const [encoded = "", mac = "", ...more] = token.split(".");
      const name = Buffer.from(encoded, "base64url").toString();
      const given = Buffer.from(mac, "base64url");
      // Every key is tried, so that the time tells nothing about which one it was.
      const matches = keys.filter((key) => isSame(macOf(key, name), given));
      return matches.length === 0 || more.length > 0 ? undefined : namedBy(name);
    },
  };
}

const nameIn = ({ brandId, orderId, question, expiresAtMs }: QuestionName): string =>
  [brandId, orderId, question, expiresAtMs].join(SEPARATOR);

function namedBy(name: string): QuestionName {
  const [brandId = "", orderId = "", question, expiresAtMs] = name.split(SEPARATOR);
  return { brandId, orderId, question: Number(question), expiresAtMs: Number(expiresAtMs) };
}

/** The purpose is part of what is signed, so that no other use of the key makes a valid link. */
const macOf = (key: string, name: string): Buffer =>
  createHmac("sha256", key).update(`question${SEPARATOR}${name}`).digest();

const isSame = (expected: Buffer, given: Buffer): boolean =>
  given.length === expected.length && timingSafeEqual(expected, given);
