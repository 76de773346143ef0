/** What everything is compared with: `node:http` alone, which reads the body and answers 202. */
import { createServer } from "node:http";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"accepted","lines":1}');
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === "object" ? address?.port : 0, workers: [] }));
});
