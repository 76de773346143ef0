import { z } from "zod";

/** A shop whose storefront posts orders. */
export const Brand = z.strictObject({
  id: z.string(),
  name: z.string(),
  mailFrom: z.email(),
  /** Whose goods the shop sells; a line of any other vendor is refused. */
  vendorIds: z.array(z.string()),
  /**
   * The storefront's own page where customers enter another card; it is given the question's address as `question` and
   * posts the provider's new token there.
   */
  cardPage: z.url({ protocol: /^https?$/ }).optional(),
});
export type Brand = z.infer<typeof Brand>;

const WebhookEndpoint = z.strictObject({
  kind: z.literal("webhook"),
  url: z.url(),
  /** Standard Webhooks secret: `whsec_` and base64. */
  secret: z.string().startsWith("whsec_"),
  /** It answered that it wants no more notices (410), and gets none until somebody takes this away. */
  disabled: z.strictObject({ since: z.iso.datetime(), reason: z.string() }).optional(),
});
const EmailEndpoint = z.strictObject({ kind: z.literal("email"), address: z.email(), locale: z.string() });

/** A maker or warehouse that is told of its lines of an order. */
export const Vendor = z.strictObject({
  id: z.string(),
  name: z.string(),
  endpoint: z.discriminatedUnion("kind", [WebhookEndpoint, EmailEndpoint]),
  /** Where its people read what concerns the endpoint; without it nobody can tell them. */
  contact: z.email().optional(),
  /** Of an order that was cancelled before it was told of it: nothing (also when left out), or the cancellation alone. */
  cancelledBeforeNotice: z.enum(["nothing", "one-notice"]).optional(),
});
export type Vendor = z.infer<typeof Vendor>;

export const Scope = z.enum(["storefront", "vendor", "ops"]);
export type Scope = z.infer<typeof Scope>;

/** An API key: the document's id is the SHA-256 of the key in hex; the key itself is stored nowhere. */
export const ApiKey = z.strictObject({
  id: z.string().length(64),
  scope: Scope,
  /** The brand (storefront) or vendor (vendor) that the key is bound to; "ops" for operators. */
  owner: z.string(),
});
export type ApiKey = z.infer<typeof ApiKey>;
