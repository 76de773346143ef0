import { minorDigitsOf } from "#shared/contracts/money.ts";

/** One mail, ready to be sent. `template` is a stable name that dashboards and tests tell mails apart by. */
export interface MailContent {
  readonly template: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface MailText {
  readonly template: string;
  readonly subject: string;
  readonly greeting: string;
  readonly paragraphs: readonly string[];
  /** What the reader is asked to do, behind the paragraphs. */
  readonly link?: { readonly label: string; readonly url: string } | undefined;
  /** Label and value, set as a table. */
  readonly rows: readonly (readonly [label: string, value: string])[];
  readonly signature: string;
}

/**
 * The same words as plain text and as HTML. Everything that came from outside is escaped here, once, and the subject
 * is made one line: a line break in it could forge a header.
 */
export function composeMail(mail: MailText): MailContent {
  const { template, greeting, paragraphs, link, rows, signature } = mail;
  const subject = mail.subject.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  const text = [
    greeting,
    ...paragraphs,
    ...(link === undefined ? [] : [`${link.label}:\n${link.url}`]),
    rows.map(([label, value]) => `${label}: ${value}`).join("\n"),
    signature,
  ].join("\n\n");
  const cells = rows.map(
    ([label, value]) =>
      `<tr><td style="padding:4px 16px 4px 0">${escapeHtml(label)}</td>` +
      `<td style="padding:4px 0;text-align:right">${escapeHtml(value)}</td></tr>`,
  );
  const html = [
    `<!doctype html><html><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>`,
    '<body style="font-family:sans-serif;max-width:36em;margin:2em auto;line-height:1.5">',
    `<p>${escapeHtml(greeting)}</p>`,
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(link === undefined ? [] : [`<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a></p>`]),
    `<table style="border-collapse:collapse">${cells.join("")}</table>`,
    `<p>${escapeHtml(signature)}</p>`,
    "</body></html>",
  ].join("\n");
  return { template, subject, text, html };
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);

/** A moment as people of that locale write it. In UTC, and said to be: nobody knows where the reader is. */
export const formatTime = (at: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, {
    dateStyle: "long",
    timeStyle: "long",
    timeZone: "UTC",
  }).format(new Date(at));

/** An amount as people of that locale write it, with all digits of its minor unit. */
export function formatMoney(amountMinor: number, currency: string, locale: string): string {
  const digits = minorDigitsOf(currency);
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amountMinor / 10 ** digits);
}
