import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
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
  /** Serves `POST /jobs/redrive`. */
  readonly redrive: RequestListener;
}

/**
 * Serves operations: `/healthz` (503 where there is work and none progresses), `/readyz` (503 says why no work can be taken),
 * `/metrics` (Prometheus text) and the operators' job. Who reaches the port may call it.
 */
export async function startHealthServer(
  { host, port, registry, notReady, stalled, redrive }: HealthOptions,
) {
  const server = createServer(async (request, response) => {
    const { url, method } = request;
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(
        method === "HEAD" ? "" : body,
      );
    };
    if (url === "/jobs/redrive" && method === "POST") return redrive(request, response);
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
