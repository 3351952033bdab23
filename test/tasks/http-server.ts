import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** A server on 127.0.0.1 for tests of modules that speak HTTP. */
export async function startHttpServer(): Promise<{
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
  const path = request.url ?? "/";
  if (path === "/missing") {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("nope\n");
  } else if (path === "/moved") {
    response.writeHead(302, { Location: "/echo?moved=1" }).end("gone");
  } else if (path === "/loop") {
    response.writeHead(302, { Location: "/loop" }).end();
  } else if (path === "/secret") {
    const isRight = request.headers.authorization === `Basic ${Buffer.from("u:p w").toString("base64")}`;
    if (isRight) response.end("in");
    else response.writeHead(401, { "WWW-Authenticate": 'Basic realm="x"' }).end();
  } else if (path === "/binary") {
    response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(Buffer.from([0, 255, 10, 13, 1]));
  } else if (path === "/packed") {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": "gzip" });
    response.end(gzipSync('{"packed": true}'));
  } else if (path === "/odd") {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Encoding": "aws-chunked" }).end("odd");
  } else if (path === "/text") {
    response.setHeader("X-Two-Words", ["a", "b"]);
    response.setHeader("Set-Cookie", ["k=v; Path=/", "m=n"]);
    response
      .writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": "13" })
      .end("hello\nwörld\n");
  } else if (path === "/never") {
    // No answer at all.
  } else {
    const { method, headers } = request;
    response.writeHead(200, { "Content-Type": "application/vnd.api+json" });
    response.end(JSON.stringify({ method, path, headers, body: body.toString("latin1") }));
  }
}
