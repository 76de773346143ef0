import type { SpanRequest, Telemetry } from "#shared/ports/telemetry.ts";

const nothing = (): void => undefined;

/** Records nothing, and hands traces on as they came. */
export const silentTelemetry: Telemetry = {
  span: (request: SpanRequest, work) => work({ traceparent: request.parent, note: nothing, fail: nothing }),
  record: nothing,
  flush: () => Promise.resolve(),
};

/** Telemetry that may begin after the work: silent until then, and for good where none is configured. */
export class LateTelemetry implements Telemetry {
  #current: Telemetry = silentTelemetry;

  begin(telemetry: Telemetry): void {
    this.#current = telemetry;
  }

  span: Telemetry["span"] = (request, work) => this.#current.span(request, work);
  record: Telemetry["record"] = (metric, value, facts) => this.#current.record(metric, value, facts);
  flush: Telemetry["flush"] = () => this.#current.flush();
}
