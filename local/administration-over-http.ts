import { ServiceBusAdministrationClient } from "@azure/service-bus";

/** The genuine client for a broker without TLS: it speaks https only by itself, and is sent to plain HTTP by its public pipeline. */
export function administrationOverHttp(connectionString: string): ServiceBusAdministrationClient {
  const client = new ServiceBusAdministrationClient(connectionString);
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
