import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** What the health endpoints ask. */
interface HealthOptions {
  readonly host: string;
  /** 0 for one that is free. */
  readonly port: number;
  readonly registry: Registry;
  /** Why no work can be taken now, or undefined where it can. */
  readonly notReady: () => string | undefined;
  /** Why the process should be replaced, or undefined where it works. */
  readonly stalled: () => string | undefined;
}

/**
 * Serves `/healthz` (503 where there is work and none progresses), `/readyz` (503 says why no work can be taken) and
 * `/metrics` (Prometheus text).
 */
export async function startHealthServer(
  { host, port, registry, notReady, stalled }: HealthOptions,
) {
  const server = createServer(async ({ url, method }, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(
        method === "HEAD" ? "" : body,
      );
    };
    if (method !== "GET" && method !== "HEAD") {
      return answer(405, "text/plain", "method not allowed\n");
    }
    const answerUnless = (reason: string | undefined, well: string) =>
      answer(reason === undefined ? 200 : 503, "text/plain", `${reason ?? well}\n`);
    if (url === "/healthz") return answerUnless(stalled(), "ok");
    if (url === "/metrics") return answer(200, registry.contentType, await registry.metrics());
    if (url === "/readyz") return answerUnless(notReady(), "ready");
    return answer(404, "text/plain", "not found\n");
  });
  server.listen({ host, port });
  await once(server, "listening");
  const address = server.address() as AddressInfo; // a TCP server's, once it listens
  return { port: address.port, close: () => void server.close() };
}
