import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type IssuedCertificates, issueForLocalhost } from "./issue.ts";

const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1000;

export interface CertificateFiles extends IssuedCertificates {
  /** For clients, in full: `NODE_EXTRA_CA_CERTS`. */
  readonly authorityFile: string;
}

/**
 * The certificate in `<dataFolder>/tls`, made when there is none, when it is damaged or when it runs out soon.
 * @param now milliseconds by the wall clock
 */
export function certificateFiles(dataFolder: string, now: number): CertificateFiles {
  const folder = resolve(dataFolder, "tls");
  const file = {
    authority: join(folder, "authority.pem"),
    certificate: join(folder, "localhost.pem"),
    key: join(folder, "localhost-key.pem"),
  };
  let issued = readIssued(file);
  if (issued === undefined || !isUsable(issued, now)) {
    issued = issueForLocalhost(now);
    mkdirSync(folder, { recursive: true });
    replace(file.key, issued.key);
    replace(file.certificate, issued.certificate);
    replace(file.authority, issued.authority);
  }
  return { ...issued, authorityFile: file.authority };
}

function readIssued(file: IssuedCertificates): IssuedCertificates | undefined {
  if (!Object.values(file).every((path: string) => existsSync(path))) return undefined;
  return {
    authority: readFileSync(file.authority, "utf8"),
    certificate: readFileSync(file.certificate, "utf8"),
    key: readFileSync(file.key, "utf8"),
  };
}

/** Three files may have been written by two starts; they must belong together. */
function isUsable({ authority, certificate, key }: IssuedCertificates, now: number): boolean {
  try {
    const issuer = new X509Certificate(authority);
    const server = new X509Certificate(certificate);
    return (
      server.verify(issuer.publicKey) &&
      server.checkPrivateKey(createPrivateKey(key)) &&
      Date.parse(server.validTo) > now + RENEW_BEFORE_MS
    );
  } catch {
    return false;
  }
}

/** Whole or not at all, and for nobody else's eyes. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
