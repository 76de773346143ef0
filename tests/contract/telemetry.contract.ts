import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Telemetry } from "#shared/ports/telemetry.ts";

/** A span as whoever listens sees it, in the words of nobody's protocol. */
export interface SeenSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly links: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
}

export interface SeenValue {
  readonly metric: string;
  readonly value: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface TelemetryUnderTest {
  readonly telemetry: Telemetry;
  /** All that has been seen so far, once it was flushed. */
  readonly spans: () => readonly SeenSpan[];
  readonly values: () => readonly SeenValue[];
  readonly stop: () => Promise<void>;
}

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE_ID}-b7ad6b7169203331-00`;
const EARLIER = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

const idsOf = (traceparent: string | undefined): { traceId: string; spanId: string } => {
  const [, traceId = "", spanId = ""] = traceparent?.split("-") ?? [];
  return { traceId, spanId };
};

/** The promises of the Telemetry port: the same for the memory fake and for what really sends. */
export function testTelemetry(name: string, open: () => Promise<TelemetryUnderTest>): void {
  describe(`telemetry: ${name}`, () => {
    let subject: TelemetryUnderTest;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.stop());

    const seen = async (spanName: string): Promise<SeenSpan> => {
      await subject.telemetry.flush();
      const found = subject.spans().filter((span) => span.name === spanName);
      expect(found, spanName).toHaveLength(1);
      return found[0]!;
    };

    test("a span answers what its work answers, and is seen with what was known and what was noted", async () => {
      const answer = await subject.telemetry.span(
        { name: "work-1", kind: "work", facts: { queue: "stock" } },
        async (span) => {
          span.note({ outcome: "done", attempt: 2 });
          return await Promise.resolve(42);
        },
      );
      expect(answer).toBe(42);
      const span = await seen("work-1");
      expect(span).toMatchObject({ facts: { queue: "stock", outcome: "done" }, failed: false });
      expect(Number(span.facts["attempt"])).toBe(2);
    });

    test("a span within another is its child, without a word about it", async () => {
      await subject.telemetry.span({ name: "outer-2", kind: "work" }, () =>
        subject.telemetry.span({ name: "inner-2", kind: "call" }, () => Promise.resolve()),
      );
      const [outer, inner] = [await seen("outer-2"), await seen("inner-2")];
      expect(inner).toMatchObject({ traceId: outer.traceId, parentId: outer.spanId });
      expect(outer.parentId).toBeUndefined();
    });

    test("a parent that came along is the parent, even where it was not recorded itself", async () => {
      await subject.telemetry.span({ name: "around-3", kind: "work" }, () =>
        subject.telemetry.span({ name: "carried-3", kind: "work", parent: PARENT }, () => Promise.resolve()),
      );
      expect(await seen("carried-3")).toMatchObject({ traceId: TRACE_ID, parentId: "b7ad6b7169203331" });
    });

    test("what is carried on names the span, so that a later one elsewhere stands in the same trace", async () => {
      const carried = await subject.telemetry.span(
        { name: "sender-4", kind: "send", parent: PARENT },
        (span) => Promise.resolve(span.traceparent),
      );
      await subject.telemetry.span({ name: "receiver-4", kind: "work", parent: carried }, () =>
        Promise.resolve(),
      );
      const sender = await seen("sender-4");
      expect(idsOf(carried)).toEqual({ traceId: TRACE_ID, spanId: sender.spanId });
      expect(await seen("receiver-4")).toMatchObject({ traceId: TRACE_ID, parentId: sender.spanId });
    });

    test("links name earlier attempts; the parent is not linked again, and nonsense is left out", async () => {
      const links = [EARLIER, PARENT, undefined, "no trace at all"];
      await subject.telemetry.span({ name: "again-5", kind: "work", parent: PARENT, links }, () =>
        Promise.resolve(),
      );
      expect((await seen("again-5")).links).toEqual(["00f067aa0ba902b7"]);
    });

    test("an error is its caller's as before, and marks the span without a word of its message", async () => {
      const broken = new TypeError("cannot mail sam@example.com");
      const thrown = subject.telemetry.span({ name: "broken-6", kind: "call" }, () => Promise.reject(broken));
      await expect(thrown).rejects.toBe(broken);
      const span = await seen("broken-6");
      expect(span.failed).toBe(true);
      expect(JSON.stringify(span)).not.toContain("sam@example.com");
    });

    test("work that returns may be marked as failed", async () => {
      await subject.telemetry.span({ name: "parked-7", kind: "work" }, (span) => {
        span.fail("MailRefused");
        return Promise.resolve();
      });
      expect((await seen("parked-7")).failed).toBe(true);
    });

    test("flows at the same time do not get into each other's spans", async () => {
      const flow = (id: number) =>
        subject.telemetry.span({ name: `flow-8-${id}`, kind: "work" }, async () => {
          await new Promise(setImmediate);
          await subject.telemetry.span({ name: `call-8-${id}`, kind: "call" }, () => Promise.resolve());
        });
      await Promise.all([1, 2, 3].map(flow));
      for (const id of [1, 2, 3]) {
        const parent = await seen(`flow-8-${id}`);
        expect(await seen(`call-8-${id}`)).toMatchObject({ parentId: parent.spanId });
      }
    });

    test("values are seen with their facts: sums, distributions and levels", async () => {
      subject.telemetry.record("orders.refused", 1, { reason: "invalid", status: 422 });
      subject.telemetry.record("order.time_to_confirmed", 2.5, { brand: "pancake-palace" });
      subject.telemetry.record("backlog.oldest_age", 1800, { consumer: "stock" });
      await subject.telemetry.flush();
      const value = (metric: string) => subject.values().find((seenValue) => seenValue.metric === metric);
      expect(value("orders.refused")).toMatchObject({ value: 1, facts: { reason: "invalid" } });
      expect(value("order.time_to_confirmed")).toMatchObject({
        value: 2.5,
        facts: { brand: "pancake-palace" },
      });
      expect(value("backlog.oldest_age")).toMatchObject({ value: 1800, facts: { consumer: "stock" } });
    });
  });
}
