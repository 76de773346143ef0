import type { GroupCommit } from "../../sqlite/group-commit.ts";

export interface ReceivedMail {
  readonly id: string;
  readonly receivedAt: string;
  /** How it came in: Azure Communication Services Email, or SMTP. */
  readonly via: "acs" | "smtp";
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly template: string | null;
  readonly orderId: string | null;
  readonly text: string;
  readonly html: string;
}

/** The listing shows everything but the bodies. */
export type MailSummary = Omit<ReceivedMail, "text" | "html">;

/** Every mail that was taken in. `add` and `clear` are to be called inside a write of the store. */
export interface Mailbox {
  add(mail: ReceivedMail): void;
  find(id: string): ReceivedMail | undefined;
  /** Newest first. */
  list(limit: number): MailSummary[];
  clear(): void;
}

const summaryOf = (row: Record<string, unknown>): MailSummary => {
  const summary: MailSummary = JSON.parse(String(row["summary"]));
  return summary;
};

export function openMailbox(store: GroupCommit): Mailbox {
  store.db.exec(`CREATE TABLE IF NOT EXISTS mails (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    summary TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL)`);
  const add = store.db.prepare("INSERT INTO mails (id, summary, text, html) VALUES (?, ?, ?, ?)");
  const find = store.db.prepare("SELECT summary, text, html FROM mails WHERE id = ?");
  const list = store.db.prepare("SELECT summary FROM mails ORDER BY seq DESC LIMIT ?");
  const clear = store.db.prepare("DELETE FROM mails");
  return {
    add: ({ text, html, ...summary }) => void add.run(summary.id, JSON.stringify(summary), text, html),
    find(id) {
      const row = find.get(id);
      if (row === undefined) return undefined;
      return { ...summaryOf(row), text: String(row["text"]), html: String(row["html"]) };
    },
    list: (limit) => list.all(limit).map(summaryOf),
    clear: () => void clear.run(),
  };
}
