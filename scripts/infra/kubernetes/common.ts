import type { Role } from "../roles.ts";

export const NAMESPACE = "expedite";
export const PORT = 8080;

export const labelsOf = (role: Role, ring = "stable"): Record<string, string> => ({
  "app.kubernetes.io/name": role.name,
  "app.kubernetes.io/part-of": "expedite",
  "expedite/ring": ring,
});

/** Which pods of a role are meant: all rings, or one. */
export const selectorOf = (role: Role, ring?: string): Record<string, string> => ({
  "app.kubernetes.io/name": role.name,
  ...(ring !== undefined && { "expedite/ring": ring }),
});

/** A value that `envsubst` fills in when the manifests are applied, such as `${CLIENT_ID_CUSTOMER_EMAIL}`. */
export const filledIn = (name: string, role?: Role): string =>
  `\${${[name, ...(role === undefined ? [] : [role.name])].join("_").toUpperCase().replaceAll("-", "_")}}`;
