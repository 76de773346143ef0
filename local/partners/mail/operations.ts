import type { GroupCommit } from "../../sqlite/group-commit.ts";

/** How long a mail is under way before its operation ends. */
const HANDOVER_MS = 500;

/** Mails to this domain are taken and then dropped, as those to suppressed addresses are. */
const SUPPRESSED_DOMAIN = "suppressed.example";

export function areSuppressed(recipients: readonly string[]): boolean {
  return recipients.every((to) => to.toLowerCase().endsWith(`@${SUPPRESSED_DOMAIN}`));
}

export interface MailOperation {
  readonly id: string;
  readonly startedAtMs: number;
  readonly suppressed: boolean;
  readonly template: string | null;
  readonly orderId: string | null;
}

/** Operations on disk. `add` and `clear` are to be called inside a write of the store. */
export interface MailOperations {
  find(id: string): MailOperation | undefined;
  add(operation: MailOperation): void;
  clear(): void;
}

export function openMailOperations(store: GroupCommit): MailOperations {
  store.db.exec(
    "CREATE TABLE IF NOT EXISTS mail_operations (id TEXT PRIMARY KEY, operation TEXT NOT NULL) WITHOUT ROWID",
  );
  const find = store.db.prepare("SELECT operation FROM mail_operations WHERE id = ?");
  const add = store.db.prepare("INSERT INTO mail_operations VALUES (?, ?)");
  const clear = store.db.prepare("DELETE FROM mail_operations");
  return {
    find(id) {
      const row = find.get(id);
      if (row === undefined) return undefined;
      const operation: MailOperation = JSON.parse(String(row["operation"]));
      return operation;
    },
    add: (operation) => void add.run(operation.id, JSON.stringify(operation)),
    clear: () => void clear.run(),
  };
}

export interface OperationStatus {
  readonly id: string;
  readonly status: "Running" | "Succeeded" | "Failed";
  readonly error?: { readonly code: string; readonly message: string };
}

/** What Azure answers about an operation at this moment; codes as Azure reports them. Pure. */
export function statusOf(operation: MailOperation, nowMs: number): OperationStatus {
  const { id } = operation;
  if (nowMs - operation.startedAtMs < HANDOVER_MS) return { id, status: "Running" };
  if (!operation.suppressed) return { id, status: "Succeeded" };
  const message = "Message dropped because all recipients were suppressed";
  return { id, status: "Failed", error: { code: "EmailDroppedAllRecipientsSuppressed", message } };
}
