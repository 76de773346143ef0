import { createTransport, type Transporter } from "nodemailer";

const MAX_CONNECTIONS = 5;
/** A connection that the server closed while it was idle: nothing was sent, so another one may be tried. */
const MAX_REQUEUES = 1;

/** Loaded at the first mail. A module of its own: a bundled CommonJS package has no named exports of its own to import lazily. */
export function connectSmtp(url: string, timeoutMs: number): Transporter {
  return createTransport({
    pool: true,
    url,
    maxConnections: MAX_CONNECTIONS,
    maxRequeues: MAX_REQUEUES,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
