/**
 * A collector for one machine: takes OTLP/HTTP exports in JSON at `POST /v1/traces`, holds their spans in memory, and
 * answers which of them belong to an image's trace.
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { parseExport, type TraceSpan } from "./otlp_traces.ts";

/** A collector that listens on loopback. */
export interface TraceCollector {
  /** `http://localhost:PORT`, without a path. */
  readonly url: string;
  /** Every span of the trace in which a span names the image; none where there is no such span (yet). */
  traceOf(imageId: string): TraceSpan[];
  close(): Promise<void>;
}

const MAX_SPANS = 20_000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Starts a collector at `port`, 0 for one that is free. */
export async function startTraceCollector(port: number): Promise<TraceCollector> {
  const spans: TraceSpan[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, body = "{}") =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(body);
    if (request.method !== "POST" || request.url !== "/v1/traces") {
      request.resume();
      return answer(request.url === "/healthz" ? 200 : 404);
    }
    readJson(request).then((json) => {
      spans.push(...parseExport(json));
      spans.splice(0, spans.length - MAX_SPANS);
      answer(200);
    }).catch(() => answer(400));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1" }, resolve);
  });
  const address = server.address() as AddressInfo; // a TCP server's, once it listens
  return {
    url: `http://localhost:${address.port}`,
    traceOf(imageId) {
      // Requests that only read the image are traces of their own.
      const own = spans.find(({ name, attributes }) =>
        name === "process image" && attributes["tintype.image_id"] === imageId
      );
      return own === undefined ? [] : spans.filter(({ traceId }) => traceId === own.traceId);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError("Cannot take an export of more than 8 MiB");
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}
