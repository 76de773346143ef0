import * as fc from "fast-check";
import { expect, test } from "vitest";
import { pointerTo } from "#shared/bindings/request-body.ts";

/** RFC 6901, section 4: `~1` first, or `~01` would become a slash. */
const resolve = (document: unknown, pointer: string): unknown =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((value, token) => Object(value)[token], document);

test("a pointer leads to the member that it was made for, whatever the names are", () => {
  const name = fc.oneof(fc.string(), fc.constantFrom("", "/", "~", "~1", "~01", "a/b", "m~n", " ", "0"));
  fc.assert(
    fc.property(fc.array(name, { maxLength: 4 }), (path) => {
      const document = path.reduceRight<unknown>((value, member) => ({ [member]: value }), "found");
      expect(resolve(document, pointerTo(path))).toBe("found");
    }),
  );
});

test.each([
  [[], ""],
  [["foo"], "/foo"],
  [["foo", 0], "/foo/0"],
  [[""], "/"],
  [["a/b"], "/a~1b"],
  [["m~n"], "/m~0n"],
])("%j is written as RFC 6901 writes it", (path, pointer) => {
  expect(pointerTo(path)).toBe(pointer);
});
