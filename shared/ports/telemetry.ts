import type { MetricName } from "#shared/contracts/metrics.ts";

/** What is known of a span or a value. Few different values each; never personal data, never secrets. */
export type TelemetryFacts = Readonly<Record<string, string | number | boolean>>;

export interface SpanRequest {
  readonly name: string;
  /** `send` hands something over, `call` waits for somebody else's answer, `work` is our own. */
  readonly kind: "send" | "call" | "work";
  /** The `traceparent` of what caused this; otherwise the span under way in this flow, otherwise a new trace. */
  readonly parent?: string | undefined;
  /** Spans that this one comes after without being a part of them: earlier attempts at the same work. */
  readonly links?: readonly (string | undefined)[];
  readonly facts?: TelemetryFacts;
}

export interface Span {
  /** W3C trace context, to be carried by what this span causes. Where nothing is recorded, that of the parent. */
  readonly traceparent: string | undefined;
  note(facts: TelemetryFacts): void;
  /** Marks the span as failed although its work returns. */
  fail(reason: string): void;
}

/**
 * Tells operators what happens. Never throws, never waits for whoever listens and never keeps work from being done;
 * what cannot be delivered is dropped.
 */
export interface Telemetry {
  /** Runs `work` within a span and answers what it answers; an error marks the span as failed and is thrown on. */
  span<T>(request: SpanRequest, work: (span: Span) => Promise<T>): Promise<T>;
  record(metric: MetricName, value: number, facts?: TelemetryFacts): void;
  /** Resolves when what was recorded so far is out, or cannot be delivered. For shutting down. */
  flush(): Promise<void>;
}
