import { describe, expect, test } from "vitest";
import { integer } from "#local/service-bus/tls/der.ts";

describe("an integer of a certificate", () => {
  test.each([
    ["a plain number", [0x12, 0x34], [0x02, 2, 0x12, 0x34]],
    ["one that would look negative gets a zero in front", [0x80, 0x01], [0x02, 3, 0x00, 0x80, 0x01]],
    ["a zero in front that says nothing goes", [0x00, 0x12], [0x02, 1, 0x12]],
    ["a zero in front that keeps the sign stays", [0x00, 0x00, 0x80], [0x02, 2, 0x00, 0x80]],
    ["nothing but zeros is zero", [0x00, 0x00], [0x02, 1, 0x00]],
  ])("%s", (_, bytes, encoded) => {
    expect([...integer(Buffer.from(bytes))]).toEqual(encoded);
  });
});
