import assert from "node:assert/strict";
import { test } from "node:test";
import { type ImageId, makeImageId } from "@tintype/core/model/image_id";
import { refusedRecord } from "@tintype/core/model/image_record";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { imageIdOfOrigin } from "../delivery/origin.ts";
import type { PulledMessage } from "@tintype/pubsub/pull";
import type { KafkaResult } from "../ports.ts";
import { fakePorts, NOW_MS, TENANTS, until } from "../testing/fake_ports.ts";
import { ResultsWriter } from "./results_writer.ts";

const FOREIGN = makeImageId(NOW_MS, new Uint8Array(10));

/** The message of a refusal; of another image than its origin's where an id is given. */
async function messageOf(topic: string, offset = 7n, id?: ImageId): Promise<PulledMessage> {
  const origin = { topic, partition: 1, offset, timestampMs: NOW_MS };
  const { row, attributes } = await refusedRecord(portableHashing, {
    imageId: id ?? await imageIdOfOrigin(origin, "local"),
    ...{ tenant: undefined, reason: "not_an_image", refusedAtMs: NOW_MS, bytes: 3 },
    ...{ origin: `${topic}/1/${offset}`, ref: "order-4711" },
  });
  const data = new TextEncoder().encode(JSON.stringify(row));
  const publishTime = new Date(NOW_MS);
  const texts = JSON.parse(JSON.stringify(attributes)); // without those that are undefined
  return { ackId: crypto.randomUUID(), messageId: "1", publishTime, data, attributes: texts };
}

/** A writer over messages that come until they are acknowledged; the topic `images` alone asks for results. */
function openWriter(messages: readonly PulledMessage[]) {
  const { ports: { metrics, readiness, timings, log }, lines } = fakePorts();
  const queue = new Set(messages);
  const written: KafkaResult[] = [];
  const kafka = { isUp: true, topic: "images.results", released: 0 };
  const writer = new ResultsWriter({
    ...{ metrics, readiness, timings, log, cluster: "local" },
    messages: {
      async pull(_, signal) {
        if (queue.size === 0) await new Promise((done) => signal.addEventListener("abort", done));
        signal.throwIfAborted();
        return [...queue];
      },
      acknowledge: async (settled) => settled.forEach((message) => queue.delete(message)),
      release: async (left) => void (kafka.released += left.length),
    },
    results: {
      async send(results) {
        if (!kafka.isUp) throw new Error("no broker");
        written.push(...results);
      },
    },
    tenants: {
      async topicOf(topic) {
        const plan = await TENANTS.topicOf(topic);
        return plan && { ...plan, results: topic === "images" };
      },
    },
    mayWrite: (topic) => topic === kafka.topic,
  });
  return { writer, queue, written, kafka, readiness, lines, metrics };
}

test("ResultsWriter writes what a topic asks for, keyed by origin, and acknowledges what is no result", async () => {
  const message = await messageOf("images");
  const { writer, queue, written, lines, metrics } = openWriter([
    message,
    await messageOf("open"),
    await messageOf("nobodys"),
    await messageOf("images", 8n, FOREIGN),
    { ...message, attributes: { ...message.attributes, origin: "" } },
    { ...message, data: new Uint8Array([1]) },
  ]);
  writer.start();
  await until(() => queue.size === 0);
  await writer.drain();
  const { event_id = "" } = message.attributes;
  const headers = { type: "image.rejected", event_id, ref: "order-4711" };
  const { data: value } = message;
  assert.deepEqual(written, [{ topic: "images.results", key: "images/1/7", value, headers }]);
  const { values } = await metrics.results.get();
  const counts = Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
  assert.deepEqual(counts, { written: 1, unwanted: 2, foreign: 2, unreadable: 1 });
  const refused = lines.filter(({ event }) => event === "result_refused");
  assert.deepEqual([refused.length, refused[0]?.fields["imageId"]], [3, FOREIGN]);
});

for (const harm of [{ isUp: false }, { topic: "" }]) {
  test(`ResultsWriter acknowledges nothing with ${JSON.stringify(harm)}, and goes on after it`, async () => {
    const messages = [await messageOf("images"), await messageOf("images", 8n)];
    const { writer, queue, written, kafka, readiness } = openWriter(messages);
    Object.assign(kafka, harm);
    writer.start();
    await until(() => kafka.released > 2);
    assert.deepEqual([queue.size, written.length, readiness.current], [2, 0, ["results"]]);
    assert.deepEqual([writer.oldestPendingMs, readiness.isFree], [NOW_MS, true]);
    Object.assign(kafka, { isUp: true, topic: "images.results" });
    await until(() => readiness.current.length === 0);
    assert.deepEqual(written.map(({ key }) => key).sort(), ["images/1/7", "images/1/8"]);
    await writer.drain();
    assert.deepEqual([queue.size, writer.hasWork], [0, false]);
  });
}
