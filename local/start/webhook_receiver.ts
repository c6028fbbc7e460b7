/** The receiver of webhooks that `start` runs itself, to show whether each picture's event arrives, signed as it must be. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Tenant } from "@tintype/core/model/tenant";
import { imageEventSchema } from "@tintype/core/model/webhook_event";
import type { WebhookEndpoint } from "@tintype/core/model/webhook_endpoint";
import { RECORD_TYPES } from "@tintype/core/model/record_type";
import { openWebhookMaster, webhookHeaders } from "@tintype/core/model/webhook_signature";

/** What has arrived. */
export interface WebhookReceiver {
  readonly url: string;
  /** Milliseconds from an image's manifest to its first webhook; undefined where none has come. */
  eventMsOf(imageId: string | null): number | undefined;
  close(): void;
}

/** The endpoint's id in the tenants' objects. */
export const RECEIVER_ID = "start";

/** Listens on loopback; responds with 401 to what is not signed by the endpoint's secret. */
export async function startWebhookReceiver(masterSecret: string): Promise<WebhookReceiver> {
  const master = await openWebhookMaster(masterSecret);
  const arrived = new Map<string, number>();
  const endpoint: WebhookEndpoint = { id: RECEIVER_ID, url: "", types: RECORD_TYPES, version: 1 };
  const receive = async (request: IncomingMessage): Promise<number> => {
    const body = await text(request);
    const { data, timestamp } = imageEventSchema.parse(JSON.parse(body));
    const signed = await webhookHeaders(
      master,
      { tenant: data.tenant as Tenant, endpoint }, // a signature of its own follows from each text
      {
        id: data.event_id,
        sentAtMs: Number(request.headers["webhook-timestamp"]) * 1_000,
        body,
      },
    );
    const isSigned = Object.entries(signed).every(([name, value]) =>
      request.headers[name] === value
    );
    if (!isSigned) return 401;
    const ms = Date.now() - Date.parse(timestamp);
    if (!arrived.has(data.image_id)) arrived.set(data.image_id, ms);
    return 204;
  };
  const server = createServer(async (request, response) => {
    response.writeHead(await receive(request).catch(() => 400)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/`,
    eventMsOf: (imageId) => imageId === null ? undefined : arrived.get(imageId),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
