/** A backend that learns of images by webhook: verify the raw body, respond within ten seconds, do each event once. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { verifyWebhook, WebhookError, type WebhookEvent } from "@tintype/client/webhooks";

/** Bytes of a body at most: an event has some kilobytes. */
const MAX_BYTES = 65_536;
/** Events that are remembered, to do none twice; keep them in your database where there are several processes. */
const REMEMBERED = 10_000;

/** Serves `POST /webhooks`; the secrets are those of `deno task webhooks secret`, two while one is rotated. */
export function createReceiver(
  secrets: readonly string[],
  onEvent: (event: WebhookEvent) => Promise<void>,
): Server {
  const done = new Set<string>();
  async function receive(request: IncomingMessage): Promise<number> {
    if (request.method !== "POST" || request.url !== "/webhooks") return 404;
    const body = await bodyOf(request);
    if (body === undefined) return 413;
    try {
      const event = await verifyWebhook(secrets, request.headers, body);
      const id = String(request.headers["webhook-id"]);
      if (done.has(id)) return 204;
      await onEvent(event);
      done.add(id);
      for (const oldest of done) if (done.size > REMEMBERED) done.delete(oldest);
      return 204;
    } catch (error) {
      // Whatever else fails is ours: 500, and the event comes again.
      return error instanceof WebhookError && error.code !== "invalid_secret" ? 401 : 500;
    }
  }
  return createServer(async (request, response) => {
    response.writeHead(await receive(request).catch(() => 400)).end();
  });
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
