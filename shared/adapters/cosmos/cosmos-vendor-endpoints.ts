import type { Container } from "@azure/cosmos";
import { Vendor } from "#shared/contracts/directory.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { VendorEndpoints } from "#shared/ports/vendor-endpoints.ts";
import { asking, status, statusOf } from "./cosmos-faults.ts";
import { fromDocument } from "./documents.ts";

/** How often somebody else may change the same vendor meanwhile. */
const MOST_LOOKS = 10;

/** In the vendor's own document, under its ETag. */
export function createCosmosVendorEndpoints(vendors: Container): VendorEndpoints {
  const look = (vendorId: string) =>
    asking(async () => {
      try {
        const { resource, etag } = await vendors.item(vendorId, vendorId).read<Record<string, unknown>>();
        return resource === undefined ? undefined : { vendor: fromDocument(Vendor, resource), etag };
      } catch (error) {
        if (statusOf(error) === status.notFound) return undefined;
        throw error;
      }
    });

  /** Whether it was stored: somebody else may have changed the vendor since. */
  const store = (vendorId: string, value: object, condition: string): Promise<boolean> =>
    asking(async () => {
      try {
        const accessCondition = { type: "IfMatch", condition };
        const operations = [{ op: "set" as const, path: "/endpoint/disabled", value }];
        await vendors.item(vendorId, vendorId).patch({ operations }, { accessCondition });
        return true;
      } catch (error) {
        if (statusOf(error) === status.preconditionFailed || statusOf(error) === status.notFound)
          return false;
        throw error;
      }
    });

  return {
    async disable(vendorId, url, why) {
      for (let attempt = 0; attempt < MOST_LOOKS; attempt++) {
        const known = await look(vendorId);
        const endpoint = known?.vendor.endpoint;
        if (known === undefined || endpoint?.kind !== "webhook" || endpoint.url !== url) return undefined;
        if (endpoint.disabled !== undefined) return endpoint.disabled;
        if (await store(vendorId, why, known.etag)) return why;
      }
      throw new TransientFault(`Others kept changing the vendor ${vendorId}`);
    },
  };
}
