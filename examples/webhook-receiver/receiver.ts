/** A backend that learns of images by webhook: verify the raw body, respond within ten seconds, do each event once. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import { verifyWebhook, WebhookError, type WebhookEvent } from "@tintype/client/webhooks";

/** Bytes of a body at most: an event has some kilobytes. */
const MAX_BYTES = 65_536;

/** Serves `POST /webhooks`; the secrets are those of `deno task webhooks secret`, two while one is rotated. */
export function createReceiver(
  secrets: readonly string[],
  onEvent: (event: WebhookEvent) => Promise<void>,
): Server {
  // Keep them in your database: for a day, and where there are several processes.
  const done = new Set<unknown>();
  async function receive(request: IncomingMessage): Promise<number> {
    if (request.method !== "POST" || request.url !== "/webhooks") return 404;
    if (!(Number(request.headers["content-length"]) <= MAX_BYTES)) return 413;
    try {
      const body = new Uint8Array(await buffer(request));
      const event = await verifyWebhook(secrets, request.headers, body);
      const id = request.headers["webhook-id"];
      if (!done.has(id)) await onEvent(event);
      done.add(id);
      return 204;
    } catch (error) {
      // Whatever else fails is ours: 500, and the event comes again.
      return error instanceof WebhookError && error.code !== "invalid_secret" ? 401 : 500;
    }
  }
  return createServer(async (request, response) => {
    response.writeHead(await receive(request)).end();
  });
}
