import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { imageEventSchema } from "@tintype/core/model/webhook_event";

/** What webhooks said of images. */
export interface WebhookReceiver {
  readonly url: string;
  /** Headers and body of each, as they came. */
  readonly texts: readonly string[];
  /** The ids of an image's final events, each once however often it came; a `failed` image is to be tried again. */
  idsOf(imageId: string): readonly string[];
  close(): void;
}

/** Listens on loopback and takes every webhook. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const ids = new Map<string, Set<string>>();
  const texts: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    texts.push(`${JSON.stringify(request.headers)} ${body}`);
    const { type, data } = imageEventSchema.parse(JSON.parse(body));
    if (type !== "image.failed") {
      const own = ids.get(data.image_id) ?? new Set();
      ids.set(data.image_id, own.add(data.event_id));
    }
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    texts,
    url: `http://127.0.0.1:${port}/`,
    idsOf: (imageId) => [...ids.get(imageId) ?? []],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
