import { join } from "node:path";
import type { PartOptions } from "../../part.ts";
import { GroupCommit } from "../../sqlite/group-commit.ts";
import { Duplicates } from "./duplicates.ts";
import { Entities } from "./entities.ts";
import { Journal } from "./journal.ts";
import { Messages } from "./messages.ts";
import { prepareSchema } from "./schema.ts";
import { SessionStore } from "./sessions.ts";
import { Sequences } from "./sequences.ts";

/** Everything durable, in one SQLite file. */
export interface Store {
  readonly journal: Journal;
  readonly messages: Messages;
  readonly entities: Entities;
  readonly duplicates: Duplicates;
  readonly sequences: Sequences;
  readonly sessions: SessionStore;
  /** Commits what is open and closes the file. */
  close(): void;
}

export function openStore({ dataFolder, durability, log }: PartOptions): Store {
  const commit = new GroupCommit({ path: join(dataFolder, "service-bus.sqlite"), durability });
  prepareSchema(commit.db);
  const sequences = new Sequences(commit.db);
  const journal = new Journal(commit, log, () => sequences.distrust());
  return {
    journal,
    messages: new Messages(commit.db),
    entities: new Entities(commit.db),
    duplicates: new Duplicates(commit.db),
    sequences,
    sessions: new SessionStore(commit.db),
    close() {
      try {
        void commit.write(() => sequences.giveBackUnused());
      } finally {
        commit.close();
      }
    },
  };
}
