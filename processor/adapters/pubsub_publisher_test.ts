import { slowLaneOf } from "@tintype/core/fairness/slow_lane";
import type { ImageRecord } from "@tintype/core/model/image_record";
import { rawName } from "@tintype/core/model/object_name";
import { sampleRef } from "@tintype/core/testing/sample_row";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  pubsubEvents,
  pubsubPurges,
  pubsubRecords,
  pubsubSlowLanes,
  pubsubWebhooks,
} from "./pubsub_publisher.ts";

/** A message as Pub/Sub gets it, with the topic that it is for. */
interface Sent {
  readonly topic: string;
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

const sent: Sent[] = [];
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  const [, topic = ""] = /\/topics\/(.*):publish$/.exec(new URL(request.url).pathname) ?? [];
  const { messages } = await request.json();
  for (const { data = "", attributes } of messages) {
    sent.push({ topic, data: atob(data), attributes });
  }
  return Response.json({ messageIds: messages.map((_: unknown, at: number) => String(at)) });
});
after(() => server.shutdown());
const options = { projectId: "p", endpoint: `http://127.0.0.1:${server.addr.port}` };

/** What a publisher has sent. */
async function sentBy(publish: () => Promise<void>): Promise<Sent[]> {
  sent.length = 0;
  await publish();
  return [...sent];
}

test("pubsubEvents() publishes events as Cloud Storage does, forced ones with the force", async () => {
  const buckets = { raw: "r", erasures: "e" };
  const { republish } = pubsubEvents(options, "events", buckets);
  const objects = [{ name: rawName(sampleRef()), generation: "17" }];
  const [event] = await sentBy(() => republish("erasures", objects));
  const { eventTime, ...attributes } = event?.attributes ?? {};
  assert.ok(Math.abs(Date.parse(eventTime ?? "") - Date.now()) < 60_000);
  const expected = {
    notificationConfig: "projects/_/buckets/e/notificationConfigs/0",
    eventType: "OBJECT_FINALIZE",
    payloadFormat: "NONE",
    bucketId: "e",
    objectId: objects[0]?.name,
    objectGeneration: "17",
  };
  assert.deepEqual([event?.topic, event?.data, attributes], ["events", "", expected]);
  const force = { beforeMs: 0, mayReject: true };
  const [forced] = await sentBy(() => republish("raw", objects, { force }));
  const { bucketId, force: before } = forced?.attributes ?? {};
  assert.deepEqual([bucketId, before], ["r", "1970-01-01T00:00:00.000Z"]);
});

test("pubsubWebhooks() has a topic for new, slow and dead webhooks", async () => {
  const { tenant } = sampleRef();
  const webhooks = [{ body: "{}", tenant, endpoint: "shop", eventId: "e1" }];
  const { publishWebhooks } = pubsubWebhooks(options, "webhooks");
  const topics = [];
  for (const queue of ["new", { lane: 3 }, "dead"] as const) {
    const [message] = await sentBy(() => publishWebhooks(queue, webhooks));
    topics.push(message?.topic);
    assert.deepEqual([message?.data, message?.attributes?.["endpoint"]], ["{}", "shop"]);
  }
  assert.deepEqual(topics, ["webhooks", "webhooks-slow-3", "webhooks-dead"]);
});

test("records, purges and slow deliveries are sent as they are", async () => {
  const attributes = { type: "image.ready", ref: undefined, event_id: "e" };
  const record = { row: { image_id: "a" }, attributes } as unknown as ImageRecord; // a part of one
  assert.deepEqual(await sentBy(() => pubsubRecords(options, "images").publish(record)), [
    {
      topic: "images",
      data: '{"image_id":"a"}',
      attributes: { type: "image.ready", event_id: "e" },
    },
  ]);
  const rows = [1, 2].map((certificate) => ({ certificate })) as unknown as Parameters<
    ReturnType<typeof pubsubPurges>["publishPurge"]
  >[0]; // parts of rows
  const purges = await sentBy(() => pubsubPurges(options, "purges").publishPurge(rows));
  assert.deepEqual(purges.map(({ topic, data }) => [topic, data]), [
    ["purges", '{"certificate":1}'],
    ["purges", '{"certificate":2}'],
  ]);
  const lane = slowLaneOf("acme");
  const message = { data: new TextEncoder().encode("é"), attributes: { a: "b" } };
  const [slow] = await sentBy(() => pubsubSlowLanes(options, "slow").publish(lane, message));
  const bytes = Uint8Array.from(slow?.data ?? "", (byte) => byte.charCodeAt(0));
  assert.deepEqual([slow?.topic, new TextDecoder().decode(bytes), slow?.attributes], [
    ...[`slow-${lane}`, "é", { a: "b" }],
  ]);
});
