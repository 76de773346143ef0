const MAIL_ADDRESS = /[^\s"<>@\\]{1,64}@[^\s"<>@\\]{1,255}/g;

/** Providers quote the address that they refuse. What looks like one gets into no log line, ledger or dead letter. */
export const withoutMailAddresses = (text: string): string => text.replace(MAIL_ADDRESS, "…@…");
