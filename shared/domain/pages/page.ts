import { createHash } from "node:crypto";
import { escapeHtml } from "../mails/mail-content.ts";

const STYLE = `
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1.5rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem;line-height:1.25}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid #767676}
th:last-child,td:last-child{text-align:right}
form{margin:1rem 0;padding:1rem;border:1px solid #767676;border-radius:.5rem}
label{display:block;margin-bottom:.5rem}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #595959;border-radius:.25rem}
button{font:inherit;padding:.6rem 1.1rem;border:2px solid #0b4f8a;border-radius:.25rem;background:#0b4f8a;color:#fff;cursor:pointer}
button.quiet{background:#fff;color:#0b4f8a}
:focus-visible{outline:3px solid #c26100;outline-offset:2px}
`;

/** The one style sheet, by its hash: no script, no picture, no font and no address of anybody else can get in. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The address of a page is a secret of its reader, so it is neither kept nor passed on. */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};

/** A whole page. `body` is HTML; title and brand are text. */
export const page = (title: string, brand: string, body: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}${brand === "" ? "" : ` – ${escapeHtml(brand)}`}</title>
<style>${STYLE}</style>
</head>
<body>
<header><p>${escapeHtml(brand)}</p></header>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
