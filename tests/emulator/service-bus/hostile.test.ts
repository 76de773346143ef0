import { connect } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { openBus } from "./open-bus.ts";

const AMQP_HEADER = Buffer.from("AMQP\u0000\u0001\u0000\u0000", "latin1");
const SASL_HEADER = Buffer.from("AMQP\u0003\u0001\u0000\u0000", "latin1");

/** Sends bytes and waits until the broker has hung up, or has clearly decided not to. */
async function knock(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.resume();
  socket.write(bytes);
  await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, 100))]);
  socket.destroy();
}

/** The same bytes in every run: a linear congruential generator. */
function noise(seed: number, length: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

test("the broker lives on whatever is thrown at its port", async () => {
  const { client, server } = await openBus();
  const hostile = [
    Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    noise(1, 500),
    Buffer.concat([AMQP_HEADER, noise(2, 500)]),
    Buffer.concat([SASL_HEADER, noise(3, 500)]),
    // A frame that announces four gigabytes.
    Buffer.concat([AMQP_HEADER, Buffer.from("ffffffff0200000000", "hex")]),
    // A frame with an unknown performative, one without any, one that is shorter than its own header.
    Buffer.concat([AMQP_HEADER, Buffer.from("0000000c0200000000539945", "hex")]),
    Buffer.concat([AMQP_HEADER, Buffer.from("0000000802000000", "hex")]),
    Buffer.concat([AMQP_HEADER, Buffer.from("0000000402000000", "hex")]),
    ...Array.from({ length: 20 }, (_, n) =>
      Buffer.concat([AMQP_HEADER, Buffer.from("00000040020000000053", "hex"), noise(n, 80)]),
    ),
  ];
  for (const bytes of hostile) await knock(server.amqpPort, bytes);

  await client.createSender("work").sendMessages({ body: "still here" });
  const [message] = await client.createReceiver("work").receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message?.body).toBe("still here");
});

test("the administration endpoint answers nonsense with an error and lives on", async () => {
  const { server } = await openBus();
  const url = `http://127.0.0.1:${server.administrationPort}`;
  expect((await fetch(`${url}/%E0%A4%A`)).status).toBe(401);
  expect((await fetch(`${url}/work`, { method: "PUT", body: "<entry>" })).status).toBe(401);
  expect(
    (await fetch(`${url}/work`, { headers: { authorization: "SharedAccessSignature sr=%&sig=%&se=x" } }))
      .status,
  ).toBe(401);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});
