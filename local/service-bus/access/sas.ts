import { createHmac, timingSafeEqual } from "node:crypto";
import { BrokerError } from "../errors.ts";

export type Claim = "Listen" | "Send" | "Manage";

/** A shared access policy. `Manage` includes the other two, as in Azure. */
export interface SharedAccessKey {
  readonly name: string;
  readonly key: string;
  readonly claims: readonly Claim[];
}

/** What a token allows, and until when. */
export interface Grant {
  readonly claims: ReadonlySet<Claim>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const PREFIX = "SharedAccessSignature ";

/**
 * Checks a shared access signature for a resource: `sr`, `sig`, `se` (seconds) and `skn` as Azure's clients
 * write them, the signature being HMAC-SHA256 of "sr\nse" under the key. A token for a parent path counts.
 *
 * @param audience the URI that is asked for, `sb://host/entity` or the administration URL
 * @param now milliseconds of wall-clock time: the token's expiry was set by the client's wall clock
 * @throws BrokerError (unauthorized)
 */
export function checkToken(
  token: string,
  audience: string,
  keys: readonly SharedAccessKey[],
  now: number,
): Grant {
  const { resource, signature, expiry, name } = parseToken(token);
  const policy = keys.find((key) => key.name === name);
  // The same work and the same answer whether the name or the key is wrong.
  const signed = createHmac("sha256", policy?.key ?? "")
    .update(`${resource}\n${expiry}`)
    .digest();
  const given = Buffer.from(signature, "base64");
  const matches = given.length === signed.length && timingSafeEqual(given, signed);
  if (policy === undefined || !matches) throw refusal("The token has an invalid signature.");
  const expiresAt = Number(expiry) * 1000;
  if (!(expiresAt > now)) throw refusal("The token has expired.");
  if (!covers(decoded(resource), audience)) throw refusal("The token is for another resource.");
  const claims = policy.claims.includes("Manage") ? (["Listen", "Send", "Manage"] as const) : policy.claims;
  return { claims: new Set(claims), expiresAt };
}

function parseToken(token: string) {
  if (!token.startsWith(PREFIX)) throw refusal("The token is not a shared access signature.");
  const fields = new Map<string, string>();
  for (const part of token.slice(PREFIX.length).split("&")) {
    const at = part.indexOf("=");
    if (at > 0) fields.set(part.slice(0, at), part.slice(at + 1));
  }
  const field = (name: string): string => fields.get(name) ?? "";
  // The resource is signed as it is written, still encoded.
  return {
    resource: field("sr"),
    expiry: field("se"),
    signature: decoded(field("sig")),
    name: decoded(field("skn")),
  };
}

/** Whether a resource URI is the audience or one of its parents; scheme and case do not count. */
function covers(resource: string, audience: string): boolean {
  const [parent, child] = [resource, audience].map((uri) =>
    uri
      .toLowerCase()
      .replace(/^[a-z]+:\/\//, "")
      .replace(/\/+$/, ""),
  );
  return parent !== undefined && child !== undefined && (child === parent || child.startsWith(`${parent}/`));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const refusal = (reason: string): BrokerError =>
  new BrokerError("unauthorized", `Unauthorized access. ${reason}`);
