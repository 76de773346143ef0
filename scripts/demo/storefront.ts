import type { OrderRequest } from "#shared/contracts/order-request.ts";
import type { RunningExpedite } from "../expedite.ts";
import { brands, sampleOrders } from "../seed/shop.ts";

export interface PlacedOrder {
  readonly id: string;
  readonly brand: string;
  readonly request: OrderRequest;
}

const AGAIN_AFTER_MS = 300;
const GIVE_UP_AFTER_MS = 30_000;

/** The vendors of the demonstration meet in every order of a brand, but the third one joins every third order. */
function basketFor(brand: string, number: number): OrderRequest {
  const sample = sampleOrders[brand];
  if (sample === undefined) throw new Error(`No sample order for ${brand}`);
  const extra = { sku: "SILK-SOCKS", quantity: 1, unitPrice: 2100, vendorId: "vendor-knit" };
  const joins = number % 3 === 0 && !sample.lines.some(({ vendorId }) => vendorId === extra.vendorId);
  return {
    ...sample,
    reference: `${brand === "pancake-palace" ? "W" : "S"}-${1000 + number}`,
    lines: joins ? [...sample.lines, extra] : sample.lines,
  };
}

/**
 * Posts one order as a storefront would: when no answer comes, it posts the same again under the same key, and the
 * backend recognises it. Counts every order that took more than one try.
 */
export async function placeOrder(
  { endpoints, secrets }: RunningExpedite,
  number: number,
): Promise<PlacedOrder & { readonly tries: number }> {
  const brand = brands[number % brands.length]?.id ?? "";
  const request = basketFor(brand, number);
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  for (let tries = 1; ; tries++) {
    try {
      const response = await fetch(`${endpoints.functions}/api/orders`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${secrets.keys.storefront[brand]}`,
          "content-type": "application/json",
          "idempotency-key": `demo-${number}`,
        },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(5_000),
      });
      if (response.status === 202) return { id: idIn(response), brand, request, tries };
      if (response.status < 500) throw new Error(`Order ${number} was refused: ${await response.text()}`);
    } catch (error) {
      if (error instanceof Error && error.message.includes("was refused")) throw error;
    }
    if (Date.now() > deadline) throw new Error(`Order ${number} found nobody to take it for 30 s`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
}

const idIn = (response: Response): string => response.headers.get("location")?.split("/").at(-1) ?? "";

/** The status that the shop shows; undefined while nobody answers. */
export async function statusOf(
  { endpoints, secrets }: RunningExpedite,
  order: PlacedOrder,
): Promise<string | undefined> {
  try {
    const response = await fetch(`${endpoints.functions}/api/orders/${order.id}`, {
      headers: { authorization: `Bearer ${secrets.keys.storefront[order.brand]}` },
    });
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null && "status" in body ? String(body.status) : undefined;
  } catch {
    return undefined;
  }
}
