/**
 * Requests to Cloud Storage over kept connections, straight from the bytes that Kafka's client holds: the runtime's
 * `fetch` copies each body first, which at large records is half of the memory and a third of the time.
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { StorageResponse, Transport } from "@tintype/gcs/transport";

const MAX_SOCKETS = 64;

/** A transport to an endpoint, over at most 64 kept connections; a request that is silent for `timeoutMs` fails. */
export function httpTransport(endpoint: URL, timeoutMs: number): Transport {
  const isHttps = endpoint.protocol === "https:";
  const request = isHttps ? httpsRequest : httpRequest;
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: "lifo" } as const;
  const agent = isHttps ? new HttpsAgent(options) : new HttpAgent(options);
  return ({ method, url, headers, body = [], signal }) =>
    new Promise((resolve, reject) => {
      if (body instanceof ReadableStream) throw new TypeError("Cannot send a stream by node:http");
      const length = body.reduce((sum, part) => sum + part.byteLength, 0);
      const call = request(url, {
        method,
        agent,
        timeout: timeoutMs,
        headers: { ...headers, "content-length": length },
        signal,
      });
      call.once("timeout", () => call.destroy(new Error("Cloud Storage did not respond in time")));
      call.once("error", reject);
      call.once("response", (response) => resolve(responseOf(response)));
      for (const part of body) call.write(part);
      call.end();
    });
}

function responseOf(response: IncomingMessage): StorageResponse {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
  return {
    status: response.statusCode ?? 0,
    headers,
    async text() {
      let text = "";
      response.setEncoding("utf8");
      for await (const part of response) text += part;
      return text;
    },
    async arrayBuffer() {
      const { buffer, byteOffset, byteLength } = Buffer.concat(await response.toArray());
      return buffer.slice(byteOffset, byteOffset + byteLength);
    },
  };
}
