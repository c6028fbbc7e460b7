/** The topic of records as the bridge publishes to it over HTTP: a server that keeps every message, or takes none. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { bridgeEnv } from "./bridge_env.ts";

/** A message as it was published. */
export interface PublishedRecord {
  readonly row: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A topic that runs. */
export type RecordsTopic = Awaited<ReturnType<typeof startRecordsTopic>>;

const PATH = `/v1/projects/${bridgeEnv().GOOGLE_CLOUD_PROJECT}/topics/tintype-images:publish`;

/** Starts the server. */
export async function startRecordsTopic() {
  const published: PublishedRecord[] = [];
  let isDown = false;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (isDown || request.url !== PATH) {
      const error = { code: 503, message: "not now", status: "UNAVAILABLE" };
      return void response.writeHead(503).end(JSON.stringify({ error }));
    }
    const messages: readonly WireMessage[] = JSON.parse(body).messages;
    const messageIds = messages.map((message) => String(published.push(recordOf(message))));
    response.setHeader("content-type", "application/json").end(JSON.stringify({ messageIds }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's, once it listens
  return {
    url: `http://127.0.0.1:${port}`,
    /** What was published of a topic, oldest first. */
    of: (topic: string) =>
      published.filter(({ attributes }) => attributes["origin"]?.startsWith(`${topic}/`)),
    setDown: (isNowDown: boolean) => void (isDown = isNowDown),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

interface WireMessage {
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function recordOf({ data, attributes }: WireMessage): PublishedRecord {
  const row: unknown = JSON.parse(Buffer.from(data, "base64").toString());
  assert.ok(typeof row === "object" && row !== null);
  return { row: { ...row }, attributes };
}
