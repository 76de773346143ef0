import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Directory } from "#shared/ports/directory.ts";
import { aBrand, anApiKey, aVendor, aVendorByMail } from "../builders/directory.ts";
import type { DirectoryEntries } from "../fakes/memory-directory.ts";

export interface DirectoryWorld {
  readonly directory: Directory;
  add(entries: DirectoryEntries): Promise<void>;
  /** Lets everything that may be remembered grow old. */
  forget(): void;
  stop(): Promise<void>;
}

/** What every directory of brands, vendors and keys promises. */
export function testDirectory(name: string, start: () => Promise<DirectoryWorld>): void {
  describe(`directory: ${name}`, () => {
    let world: DirectoryWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    test("brands, vendors of both kinds and keys are read as they were written", async () => {
      const key = anApiKey("a-key-to-be-found");
      await world.add({ brands: [aBrand()], vendors: [aVendor(), aVendorByMail()], keys: [key] });
      expect(await world.directory.brand(aBrand().id)).toEqual(aBrand());
      expect(await world.directory.vendor(aVendor().id)).toEqual(aVendor());
      expect(await world.directory.vendor(aVendorByMail().id)).toEqual(aVendorByMail());
      expect(await world.directory.key(key.id)).toEqual(key);
    });

    test("what is not in it is undefined", async () => {
      expect(await world.directory.brand("nobody")).toBeUndefined();
      expect(await world.directory.vendor("nobody")).toBeUndefined();
      expect(await world.directory.key(anApiKey("never-issued").id)).toBeUndefined();
    });

    test("a brand, a vendor and a key may have the same id without being mixed up", async () => {
      await world.add({ brands: [aBrand({ id: "twin" })], vendors: [aVendor({ id: "twin" })] });
      expect(await world.directory.brand("twin")).toEqual(aBrand({ id: "twin" }));
      expect(await world.directory.vendor("twin")).toEqual(aVendor({ id: "twin" }));
    });

    test("a change is seen, at the latest when what was remembered has grown old", async () => {
      await world.add({ brands: [aBrand({ id: "changing" })] });
      await world.directory.brand("changing");
      const renamed = aBrand({ id: "changing", name: "Renamed" });
      await world.add({ brands: [renamed] });
      world.forget();
      expect(await world.directory.brand("changing")).toEqual(renamed);
    });

    test("asked by many at once, it answers them all", async () => {
      await world.add({ vendors: [aVendor({ id: "popular" })] });
      const answers = await Promise.all(Array.from({ length: 50 }, () => world.directory.vendor("popular")));
      expect(new Set(answers.map((vendor) => vendor?.id))).toEqual(new Set(["popular"]));
    });
  });
}
