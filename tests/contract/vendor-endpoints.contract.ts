import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Vendor } from "#shared/contracts/directory.ts";
import type { VendorEndpoints } from "#shared/ports/vendor-endpoints.ts";
import { aVendor, aVendorByMail } from "../builders/directory.ts";
import { noonPlus } from "../builders/orders.ts";

export interface VendorEndpointsWorld {
  readonly endpoints: VendorEndpoints;
  add(vendor: Vendor): Promise<void>;
  /** As the directory knows it. */
  vendor(id: string): Promise<Vendor | undefined>;
  stop(): Promise<void>;
}

const URL = 'https://mill.example/notices?of="us"';
const why = (second: number) => ({ since: noonPlus(second * 1000), reason: "mill.example answered 410" });

/** What everybody who disables webhooks promises. */
export function testVendorEndpoints(name: string, start: () => Promise<VendorEndpointsWorld>): void {
  describe(`vendor endpoints: ${name}`, () => {
    let world: VendorEndpointsWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const added = async (url = URL): Promise<Vendor> => {
      const secret = `whsec_${Buffer.from("the secret of the mill").toString("base64")}`;
      const vendor = aVendor({ id: randomUUID(), endpoint: { kind: "webhook", url, secret } });
      await world.add(vendor);
      return vendor;
    };

    test("a webhook is disabled from the first time on, however often and by whom", async () => {
      const { id, endpoint } = await added();
      const [first, ...others] = await Promise.all(
        [1, 2, 3, 4].map((second) => world.endpoints.disable(id, URL, why(second))),
      );
      expect(others).toEqual([first, first, first]);
      expect(await world.endpoints.disable(id, URL, why(9))).toEqual(first);
      expect((await world.vendor(id))?.endpoint).toEqual({ ...endpoint, disabled: first });
    });

    test("an address that the vendor has given up says nothing about the new one", async () => {
      const { id, endpoint } = await added("https://mill.example/new");
      expect(await world.endpoints.disable(id, URL, why(1))).toBeUndefined();
      expect((await world.vendor(id))?.endpoint).toEqual(endpoint);
    });

    test("there is nothing to disable at a vendor who reads mails, or at nobody", async () => {
      const byMail = aVendorByMail({ id: randomUUID() });
      await world.add(byMail);
      expect(await world.endpoints.disable(byMail.id, URL, why(1))).toBeUndefined();
      expect(await world.endpoints.disable(randomUUID(), URL, why(1))).toBeUndefined();
    });
  });
}
