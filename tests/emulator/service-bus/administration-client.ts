import { ServiceBusAdministrationClient } from "@azure/service-bus";

/** Whatever runs a broker. */
interface Served {
  readonly server: { readonly connectionString: string; readonly administrationPort: number };
}

/** The genuine client, sent to plain HTTP by the public pipeline: it only knows https by itself. */
export function administration({ server }: Served, key?: string): ServiceBusAdministrationClient {
  const connection = server.connectionString.replace(
    /localhost:\d+/,
    `localhost:${server.administrationPort}`,
  );
  const client = new ServiceBusAdministrationClient(
    key === undefined ? connection : connection.replace("a-key-for-tests-only", key),
  );
  client.pipeline.addPolicy({
    name: "plain-http",
    sendRequest(request, next) {
      request.url = request.url.replace("https://", "http://");
      request.allowInsecureConnection = true;
      return next(request);
    },
  });
  return client;
}
