import { type AmqpValue, long, symbol } from "../wire/values.ts";

/** How .NET's clients write a TimeSpan: its ticks of 100 ns under this name. */
const NAME = "com.microsoft:timespan";
const TICKS_PER_MS = 10_000;

export const timespan = (ms: number): AmqpValue => ({
  type: "described",
  descriptor: symbol(NAME),
  value: long(BigInt.asIntN(64, BigInt(Math.round(ms * TICKS_PER_MS)))),
});

/** Milliseconds; undefined when the value is no TimeSpan. */
export function timespanMs(value: AmqpValue): number | undefined {
  if (value.type !== "described" || value.descriptor.type !== "symbol" || value.descriptor.value !== NAME)
    return undefined;
  return value.value.type === "long" ? Number(value.value.value) / TICKS_PER_MS : undefined;
}

/** As .NET writes a TimeSpan: `1.02:03:04.0050000`, without the parts in front and behind that are zero. */
export function timespanText(ms: number): string {
  const whole = Math.abs(ms);
  const [days, hours, minutes, seconds] = [
    Math.floor(whole / 86_400_000),
    Math.floor(whole / 3_600_000) % 24,
    Math.floor(whole / 60_000) % 60,
    Math.floor(whole / 1000) % 60,
  ];
  const ticks = Math.round((whole % 1000) * TICKS_PER_MS);
  const clock = [hours, minutes, seconds].map((part) => String(part).padStart(2, "0")).join(":");
  const front = `${ms < 0 ? "-" : ""}${days > 0 ? `${days}.` : ""}`;
  return `${front}${clock}${ticks > 0 ? `.${String(ticks).padStart(7, "0")}` : ""}`;
}
