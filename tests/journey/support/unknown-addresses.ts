export interface Asked {
  readonly method: string;
  readonly target: string;
  /** Status and name of the problem. */
  readonly wanted: string;
}

/** Addresses, methods and queries that the API does not know, beside an order that it does. */
export function unknownAddresses(orderId: string): Asked[] {
  const notFound = "404 not-found";
  const notAllowed = "405 method-not-allowed";
  const badQuery = "400 invalid-query";
  const cases = [
    ...["PUT", "PATCH", "DELETE", "OPTIONS"].map((method) => [method, "/api/orders", notAllowed] as const),
    ...["POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(
      (method) => [method, `/api/orders/${orderId}`, notAllowed] as const,
    ),
    ["GET", "/api/orders/ord_1/cancellation", notAllowed],
    ["POST", "/api/health/live", notAllowed],
    ["POST", "/api/openapi.json", notAllowed],
    ...[
      "/api",
      "/api/",
      "/api/nothing",
      "/api/orders/a/b/c",
      "/api/orders/..%2f..%2fetc%2fpasswd/x",
      "/api/../api/nothing",
      "/api/.env",
      "/api/%",
      "/api/%zz",
      "/api/%00",
      "/api/%ff%fe",
      "/api/orders//",
      `/api/${"x".repeat(4_000)}`,
      `/api/${"a/".repeat(500)}`,
    ].map((target) => ["GET", target, notFound] as const),
    ...[
      "ord_1",
      "ord_00000000000000000000000000",
      "%00",
      "%ff",
      "%zz",
      "%2e%2e",
      "..%2f..%2fvendors%2fvendor-mill",
      "ord_1'%20or%201=1",
      "__proto__",
      "constructor",
      "%F0%9F%8D%B3",
      "a%3Fb%23c",
      "x".repeat(3_000),
    ].map((id) => ["GET", `/api/orders/${id}`, notFound] as const),
    ...[
      "limit=0",
      "limit=101",
      "limit=1.5",
      "limit=-1",
      "limit=1e9",
      "limit=",
      "limit=%zz",
      "limit=1&limit=2",
    ].map((query) => ["GET", `/api/orders?${query}`, badQuery] as const),
    ...[
      "status=lost",
      "status=",
      "after=nonsense",
      `after=${"x".repeat(300)}`,
      "after=%00",
      "page=2",
      "__proto__=1",
    ].map((query) => ["GET", `/api/orders?${query}`, badQuery] as const),
  ] as const;
  return cases.map(([method, target, wanted]) => ({ method, target, wanted }));
}
