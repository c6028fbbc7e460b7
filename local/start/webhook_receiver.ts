/** A receiver of webhooks on loopback: that of `start`, which shows whether each picture's event arrives, and that of tests. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Tenant } from "@tintype/core/model/tenant";
import { imageEventSchema } from "@tintype/core/model/webhook_event";
import { RECORD_TYPES } from "@tintype/core/model/record_type";
import { openWebhookMaster, webhookHeaders } from "@tintype/core/model/webhook_signature";

/** What has arrived. */
export interface WebhookReceiver {
  readonly url: string;
  /** Milliseconds from an image's manifest to its first webhook; undefined where none has come. */
  eventMsOf(imageId: string | null): number | undefined;
  /** The ids of an image's final events, each once however often it came; a `failed` image is to be tried again. */
  idsOf(imageId: string): readonly string[];
  close(): void;
}

/** How to receive. */
interface ReceiverOptions {
  /** With it, what is not signed by the endpoint's secret is refused. */
  readonly masterSecret?: string;
  /** Called with headers and body of each webhook. */
  readonly onText?: (text: string) => void;
}

/** The id of `start`'s own endpoint in the tenants' objects. */
export const RECEIVER_ID = "start";

/** Listens on loopback at a free port. */
export async function startWebhookReceiver(
  { masterSecret, onText }: ReceiverOptions = {},
): Promise<WebhookReceiver> {
  const arrived = new Map<string, { readonly ms: number; readonly ids: Set<string> }>();
  const receive = async (request: IncomingMessage): Promise<number> => {
    const body = await text(request);
    onText?.(`${JSON.stringify(request.headers)} ${body}`);
    const { type, data, timestamp } = imageEventSchema.parse(JSON.parse(body));
    if (masterSecret !== undefined && !await isSigned(masterSecret, request, body)) return 401;
    const first = { ms: Date.now() - Date.parse(timestamp), ids: new Set<string>() };
    const own = arrived.get(data.image_id) ?? first;
    if (type !== "image.failed") own.ids.add(data.event_id);
    arrived.set(data.image_id, own);
    return 204;
  };
  const server = createServer(async (request, response) => {
    response.writeHead(await receive(request).catch(() => 400)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/`,
    eventMsOf: (imageId) => arrived.get(imageId ?? "")?.ms,
    idsOf: (imageId) => [...arrived.get(imageId)?.ids ?? []],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whether the headers are those that the dispatcher makes of the body. */
async function isSigned(masterSecret: string, { headers }: IncomingMessage, body: string) {
  const { data } = imageEventSchema.parse(JSON.parse(body));
  const signed = await webhookHeaders(await openWebhookMaster(masterSecret), {
    tenant: data.tenant as Tenant, // each text has a signature of its own
    endpoint: { id: RECEIVER_ID, url: "", types: RECORD_TYPES, version: 1 },
  }, { id: data.event_id, sentAtMs: Number(headers["webhook-timestamp"]) * 1_000, body });
  return Object.entries(signed).every(([name, value]) => headers[name] === value);
}
