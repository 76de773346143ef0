import type { Log } from "#shared/ports/log.ts";

export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A log that a test can read. */
export interface RecordingLog extends Log {
  readonly lines: readonly LogLine[];
  /** The names of what was logged at that level, in order. */
  events(level: LogLine["level"]): string[];
}

export function createRecordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const record =
    (level: LogLine["level"]) =>
    (event: string, facts: Readonly<Record<string, unknown>> = {}): void =>
      void lines.push({ level, event, facts });
  return {
    lines,
    events: (level) => lines.filter((line) => line.level === level).map(({ event }) => event),
    info: record("info"),
    warn: record("warn"),
    error: record("error"),
  };
}
