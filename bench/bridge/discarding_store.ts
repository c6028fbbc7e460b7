/**
 * A store that takes every new object and keeps none, in a process of its own, so that the bench measures who feeds it and
 * not how fast local files are written. Whatever is no upload goes to the emulator (`STORAGE_URL`), the configuration too.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import process from "node:process";

const { STORAGE_URL = "" } = process.env;
const UPLOAD_TO_RAW = /^\/upload\/storage\/v1\/b\/tintype-raw\/o\?/;
const CREATED = JSON.stringify({ kind: "storage#object", generation: "1" });

const server = createServer((request, response) => {
  const handle = UPLOAD_TO_RAW.test(request.url ?? "") ? discard : forward;
  handle(request, response).catch((error) => response.writeHead(502).end(String(error)));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo; // it listens on a port
  console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${port}` }));
});
process.once("SIGTERM", () => process.exit(0));

async function discard(request: IncomingMessage, response: ServerResponse): Promise<void> {
  for await (const _chunk of request);
  response.writeHead(200, { "content-type": "application/json" }).end(CREATED);
}

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET", headers: { host: _host, connection: _connection, ...headers } } = request;
  const body = method === "GET" ? null : await buffer(request);
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, `${value}`]),
  );
  const found = await fetch(`${STORAGE_URL}${request.url}`, { method, headers: sent, body });
  response.writeHead(found.status, { "content-type": found.headers.get("content-type") ?? "" });
  response.end(Buffer.from(await found.arrayBuffer()));
}
