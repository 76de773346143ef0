import { expect, test } from "vitest";
import { encodeSection } from "#local/service-bus/wire/encode.ts";
import { Section } from "#local/service-bus/wire/sections.ts";
import {
  type AmqpValue,
  binary,
  list,
  mapOf,
  nothing,
  symbol,
  text,
} from "#local/service-bus/wire/values.ts";
import { openBus } from "./open-bus.ts";
import { rawSendBytes } from "./raw-client.ts";

interface Ids {
  readonly messageId?: string;
  readonly sessionId?: string;
  readonly partitionKey?: string;
}

/** A message as another client could write it: Azure's own refuses such ids itself. */
function encoded({ messageId = "m", sessionId, partitionKey }: Ids, body = Buffer.alloc(1)): Buffer {
  const properties: AmqpValue[] = Array.from({ length: 13 }, () => nothing);
  properties[0] = text(messageId);
  if (sessionId !== undefined) properties[10] = text(sessionId);
  const annotations = partitionKey === undefined ? {} : { "x-opt-partition-key": text(partitionKey) };
  const { value } = mapOf(annotations);
  return Buffer.concat([
    encodeSection(Section.messageAnnotations, {
      type: "map",
      value: value.map(([name, one]) => [name.type === "string" ? symbol(name.value) : name, one] as const),
    }),
    encodeSection(Section.properties, list(properties)),
    encodeSection(Section.data, binary(body)),
  ]);
}

test("each limit of a message has its own answer, and the link lives on", async () => {
  const { server } = await openBus();
  const send = await rawSendBytes(server.amqpPort, "work");
  const long = "x".repeat(129);
  expect(await send(encoded({ messageId: long }), 0)).toBe("com.microsoft:argument-error");
  expect(await send(encoded({ sessionId: long }), 0)).toBe("com.microsoft:argument-error");
  expect(await send(encoded({ partitionKey: long }), 0)).toBe("com.microsoft:argument-error");
  expect(await send(encoded({ sessionId: "a", partitionKey: "b" }), 0)).toBe("amqp:not-allowed");
  expect(await send(encoded({}, Buffer.alloc(262_144)), 0)).toBe("amqp:link:message-size-exceeded");
  expect(await send(encoded({}, Buffer.alloc(262_000)), 0)).toBe("accepted");
  expect(await send(encoded({ messageId: "x".repeat(128), sessionId: "a", partitionKey: "a" }), 0)).toBe(
    "accepted",
  );
});
