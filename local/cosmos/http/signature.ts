import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import type { Clock } from "../../clock/clock.ts";
import { Refusal } from "../refusal.ts";
import type { ResourcePath } from "./resource-path.ts";
import type { Headers } from "./wire/head.ts";

const MAX_REMEMBERED = 1000;
const PREFIX = "type=master&ver=1.0&sig=";

/**
 * Master-key authorization: an HMAC-SHA256 over verb, resource type, resource link and date.
 * https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
 */
export class SignatureCheck {
  readonly #key: KeyObject;
  readonly #plainKey: Buffer;
  readonly #clock: Clock;
  readonly #maxSkewMs: number;
  /** Signatures by what they sign: requests to one feed within a second all sign the same. */
  readonly #expected = new Map<string, Buffer>();

  /** `maxSkewMs`: how far a request's date may be from the clock. */
  constructor(key: string, clock: Clock, maxSkewMs: number) {
    this.#clock = clock;
    this.#maxSkewMs = maxSkewMs;
    this.#key = createSecretKey(Buffer.from(key, "base64"));
    this.#plainKey = Buffer.from(key, "utf8");
  }

  /** Throws 401 unless the request was signed with the key, 403 if that was too long ago (or is yet to come). */
  check(method: string, path: ResourcePath, headers: Headers): void {
    const given = readSignature(headers.get("authorization"));
    const date = headers.get("x-ms-date") ?? headers.get("date");
    if (given === undefined || date === undefined) {
      throw new Refusal(401, "Required header 'authorization' or 'x-ms-date' is missing or malformed.");
    }
    const links = path.link === path.rawLink ? [path.link] : [path.link, path.rawLink];
    if (links.some((link) => sameBytes(given, this.#sign(method, path.type, link, date)))) {
      this.#checkDate(date);
      return;
    }
    throw new Refusal(
      401,
      "The input authorization token can't serve the request. Please check that the expected payload is built as per the protocol, and check the key being used.",
    );
  }

  #checkDate(date: string): void {
    const now = this.#clock.now();
    if (Math.abs(now - Date.parse(date)) <= this.#maxSkewMs) return;
    throw new Refusal(
      403,
      `The authorization token is not valid at the current time. Request date: ${date}, server time: ${new Date(now).toUTCString()}.`,
    );
  }

  /** For the endpoints of our own: `authorization: Bearer <key>`. */
  checkBearer(authorization: string | undefined): void {
    const given = authorization?.startsWith("Bearer ") === true ? authorization.slice("Bearer ".length) : "";
    if (!sameBytes(Buffer.from(given, "utf8"), this.#plainKey)) {
      throw new Refusal(401, "This needs 'authorization: Bearer <account key>'.");
    }
  }

  #sign(method: string, type: string, link: string, date: string): Buffer {
    const text = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
    const known = this.#expected.get(text);
    if (known !== undefined) return known;
    const signature = createHmac("sha256", this.#key).update(text).digest();
    if (this.#expected.size >= MAX_REMEMBERED) this.#expected.clear();
    this.#expected.set(text, signature);
    return signature;
  }
}

const sameBytes = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

function readSignature(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined;
  try {
    const token = decodeURIComponent(header);
    return token.startsWith(PREFIX) ? Buffer.from(token.slice(PREFIX.length), "base64") : undefined;
  } catch {
    return undefined;
  }
}
