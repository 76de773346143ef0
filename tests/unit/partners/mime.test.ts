import { expect, test } from "vitest";
import { parseMail } from "#local/partners/mail/mime.ts";

const mail = (...lines: string[]): Buffer => Buffer.from(lines.join("\r\n"));

test("a plain mail is its headers and its text", () => {
  const parsed = parseMail(mail("Subject: Hello", "X-Order: 1", "", "Line one", "Line two"));
  expect(parsed).toEqual({
    headers: { subject: "Hello", "x-order": "1" },
    text: "Line one\r\nLine two",
    html: "",
  });
});

test("folded headers and encoded words are put together", () => {
  const parsed = parseMail(
    mail(
      "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_an?=",
      "  =?utf-8?B?4piV?=",
      "From: Shop",
      "\t<a@b.example>",
      "",
      "",
    ),
  );
  expect(parsed.headers["subject"]).toBe("Grüße an☕");
  expect(parsed.headers["from"]).toBe("Shop <a@b.example>");
});

test("text and HTML are found inside nested parts, attachments are left out", () => {
  const parsed = parseMail(
    mail(
      'Content-Type: multipart/mixed; boundary="outer"',
      "",
      "--outer",
      "Content-Type: multipart/alternative; boundary=inner",
      "",
      "--inner",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "Caf=C3=A9 and a long =",
      "line",
      "--inner",
      "Content-Type: text/html; charset=iso-8859-1",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("<b>Café</b>", "latin1").toString("base64"),
      "--inner--",
      "--outer",
      "Content-Type: text/plain",
      "Content-Disposition: attachment; filename=a.txt",
      "",
      "not this",
      "--outer--",
    ),
  );
  expect(parsed.text).toBe("Café and a long line");
  expect(parsed.html).toBe("<b>Café</b>");
});

test.for([
  ["nothing", ""],
  ["no boundary", "Content-Type: multipart/mixed\r\n\r\nx"],
  ["an unknown charset", "Content-Type: text/plain; charset=klingon\r\n\r\nqapla"],
  ["parts within themselves", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(50)],
])("a mail with %s is read as far as it goes", ([, raw = ""]) => {
  expect(() => parseMail(Buffer.from(raw))).not.toThrow();
});
