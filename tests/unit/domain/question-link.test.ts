import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askCustomer } from "#shared/domain/question.ts";
import { questionLinks } from "#shared/domain/question-link.ts";
import { anOccasion, anOrder, moved } from "../../builders/orders.ts";

const NEW = "a-key-of-32-random-bytes-in-base64";
const OLD = "the-key-that-was-used-before-that-";
const publicUrl = "https://shop.example/";

const asked = () => moved(askCustomer(anOrder(), { reason: "payment-declined" }, anOccasion()));
const tokenOf = (url: string | undefined): string => url?.split("/").at(-1) ?? "";

describe("the link to a question", () => {
  const links = questionLinks({ keys: [NEW], publicUrl });

  test("stands for one question of one order until its deadline", () => {
    const order = asked();
    const url = links.urlFor(order);
    expect(url).toMatch(/^https:\/\/shop\.example\/api\/questions\/[\w-]+\.[\w-]+$/);
    expect(links.read(tokenOf(url))).toEqual({
      brandId: order.brandId,
      orderId: order.id,
      question: 1,
      expiresAtMs: Date.parse(order.attention?.until ?? ""),
    });
  });

  test("holds nothing personal", () => {
    const [name = ""] = tokenOf(links.urlFor(asked())).split(".");
    const text = Buffer.from(name, "base64url").toString();
    for (const personal of ["sam", "Sam", "Perth", "tok_"]) expect(text).not.toContain(personal);
  });

  test("is there only while an answer is waited for", () => {
    expect(links.urlFor(anOrder())).toBeUndefined();
  });

  test("whatever is changed in it, it is worth nothing", () => {
    const token = tokenOf(links.urlFor(asked()));
    const change = fc.record({
      at: fc.nat(token.length - 1),
      by: fc.constantFrom("A", "z", "9", "-", "_", ".", "=", "%", "\u00e9"),
    });
    fc.assert(
      fc.property(change, ({ at, by }) => {
        const changed = token.slice(0, at) + by + token.slice(at + 1);
        // The last characters of base64url may say the same in several ways; then it is the same link.
        const same = (part: number) =>
          Buffer.from(changed.split(".")[part] ?? "", "base64url").equals(
            Buffer.from(token.split(".")[part] ?? "", "base64url"),
          );
        fc.pre(changed.split(".").length !== 2 || !same(0) || !same(1));
        expect(links.read(changed)).toBeUndefined();
      }),
    );
  });

  test("of another question, another order or another deadline cannot be made without the key", () => {
    const [one, other] = [tokenOf(links.urlFor(asked())), tokenOf(links.urlFor(asked()))];
    const mixed = `${one.split(".")[0]}.${other.split(".")[1]}`;
    expect(links.read(mixed)).toBeUndefined();
    expect(questionLinks({ keys: [OLD], publicUrl }).read(one)).toBeUndefined();
  });

  test.each(["", ".", "a", "a.b", "a.b.c", `${"x".repeat(2000)}.y`])("is not %j", (token) => {
    expect(links.read(token)).toBeUndefined();
  });

  test("made with the key before is still taken, and new ones are made with the new key", () => {
    const before = questionLinks({ keys: [OLD], publicUrl });
    const now = questionLinks({ keys: [NEW, OLD], publicUrl });
    expect(now.read(tokenOf(before.urlFor(asked())))).toBeDefined();
    expect(links.read(tokenOf(now.urlFor(asked())))).toBeDefined();
    expect(before.read(tokenOf(now.urlFor(asked())))).toBeUndefined();
  });

  test("cannot be made without any key", () => {
    expect(() => questionLinks({ keys: [], publicUrl })).toThrow("at least one key");
  });
});
