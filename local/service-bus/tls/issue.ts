import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  utcTime,
  utf8,
} from "./der.ts";

const DAY = 24 * 60 * 60 * 1000;
/** The longest that all common clients accept. */
const VALID_FOR = 820 * DAY;
/** Clocks of containers and machines that just woke up may be behind. */
const VALID_SINCE = -DAY;

/** Everything a TLS server for `localhost` needs, as PEM. */
export interface IssuedCertificates {
  /** What clients have to trust. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * A certificate for `localhost` and its two addresses, signed by an authority made for this one signature. Its
 * private key is forgotten at once: whoever trusts the authority trusts nothing but this certificate.
 *
 * @param now milliseconds since the epoch, by the wall clock that clients judge by
 */
export function issueForLocalhost(now: number): IssuedCertificates {
  const authority = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const server = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  // The number keeps two authorities apart in one list of trusted ones.
  const issuer = `Expedite Service Bus at home ${randomBytes(4).toString("hex")}`;
  const common = { now, issuer, issuerKey: authority };
  return {
    authority: certificate({
      ...common,
      subject: issuer,
      subjectKey: authority.publicKey,
      extensions: [
        extension(id.basicConstraints, sequence(boolean(true), integer(Buffer.from([0]))), true),
        extension(id.keyUsage, bits(Buffer.from([SIGNS_CERTIFICATES]), 1), true),
      ],
    }),
    certificate: certificate({
      ...common,
      subject: "localhost",
      subjectKey: server.publicKey,
      extensions: [
        extension(id.basicConstraints, sequence(), true),
        extension(id.keyUsage, bits(Buffer.from([SIGNS_HANDSHAKES]), 7), true),
        extension(id.extendedKeyUsage, sequence(objectId(id.serverAuthentication))),
        extension(id.subjectAlternativeName, sequence(...localNames)),
      ],
    }),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Key usage bits: keyCertSign and cRLSign; digitalSignature. */
const SIGNS_CERTIFICATES = 0b0000_0110;
const SIGNS_HANDSHAKES = 0b1000_0000;

const id = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuthentication: "1.3.6.1.5.5.7.3.1",
} as const;

const DNS_NAME = 2;
const IP_ADDRESS = 7;
const localNames = [
  implicit(DNS_NAME, Buffer.from("localhost", "ascii")),
  implicit(IP_ADDRESS, Buffer.from([127, 0, 0, 1])),
  implicit(IP_ADDRESS, Buffer.from([...Array.from({ length: 15 }, () => 0), 1])),
];

interface Wanted {
  readonly now: number;
  readonly issuer: string;
  readonly issuerKey: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly subject: string;
  readonly subjectKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** An X.509 version 3 certificate (RFC 5280, §4.1) as PEM. */
function certificate({ now, issuer, issuerKey, subject, subjectKey, extensions }: Wanted): string {
  const algorithm = sequence(objectId(id.ecdsaWithSha256));
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    name(issuer),
    sequence(utcTime(now + VALID_SINCE), utcTime(now + VALID_FOR)),
    name(subject),
    spki(subjectKey),
    explicit(
      3,
      sequence(
        ...extensions,
        extension(id.subjectKeyIdentifier, octets(fingerprint(subjectKey))),
        extension(id.authorityKeyIdentifier, sequence(implicit(0, fingerprint(issuerKey.publicKey)))),
      ),
    ),
  );
  const der = sequence(toBeSigned, algorithm, bits(sign("sha256", toBeSigned, issuerKey.privateKey)));
  const lines = der.toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const name = (text: string): Buffer => sequence(set(sequence(objectId(id.commonName), utf8(text))));

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const fingerprint = (key: KeyObject): Buffer =>
  createHash("sha256").update(spki(key)).digest().subarray(0, 20);

const extension = (oid: string, value: Buffer, critical = false): Buffer =>
  sequence(objectId(oid), ...(critical ? [boolean(true)] : []), octets(value));
