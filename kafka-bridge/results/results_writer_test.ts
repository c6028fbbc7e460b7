import assert from "node:assert/strict";
import { test } from "node:test";
import { makeImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { refusedRecord } from "@tintype/core/model/image_record";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { imageIdOfOrigin } from "../delivery/origin.ts";
import type { ImageMessage, KafkaResult } from "../ports.ts";
import { fakePorts, NOW_MS, TENANTS, until } from "../testing/fake_ports.ts";
import { ResultsWriter } from "./results_writer.ts";

const FOREIGN = makeImageId(NOW_MS, new Uint8Array(10));

/** The message of a refusal of a record; of another image where an id is given. */
async function messageOf(topic: string, offset = 7n, imageId?: typeof FOREIGN) {
  const origin = { topic, partition: 1, offset, timestampMs: NOW_MS };
  const { row, attributes } = await refusedRecord(portableHashing, {
    imageId: imageId ?? await imageIdOfOrigin(origin, "local"),
    ...{ tenant: undefined, reason: "not_an_image", refusedAtMs: NOW_MS, bytes: 3 },
    ...{ origin: `${topic}/1/${offset}`, ref: "order-4711" },
  });
  const texts = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const data = new TextEncoder().encode(JSON.stringify(row));
  return { data, attributes: Object.fromEntries(texts) };
}

/** A writer over messages that come until they are acknowledged, whose topic `images` alone asks for results. */
function openWriter(given: readonly Pick<ImageMessage, "data" | "attributes">[]) {
  const { ports: { metrics, readiness, timings, log }, lines } = fakePorts();
  const queue = new Map(given.map((message, at) => {
    const publishTime = new Date(NOW_MS + at);
    return [String(at), { ...message, ackId: String(at), messageId: String(at), publishTime }];
  }));
  const written: KafkaResult[] = [];
  const kafka = { isUp: true, topics: ["images.results"] };
  let released = 0;
  const writer = new ResultsWriter({
    ...{ metrics, readiness, timings, log, cluster: "local" },
    messages: {
      async pull(_, signal) {
        if (queue.size === 0) await new Promise((done) => signal.addEventListener("abort", done));
        signal.throwIfAborted();
        return [...queue.values()];
      },
      acknowledge: async (messages) => messages.forEach(({ ackId }) => queue.delete(ackId)),
      release: async (messages) => void (released += messages.length),
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
    mayWrite: (topic) => kafka.topics.includes(topic),
  });
  const counts = async () =>
    Object.fromEntries(
      (await metrics.results.get()).values.map(({ labels, value }) => [labels.outcome, value]),
    );
  const counted = { released: () => released, counts };
  return { writer, queue, written, kafka, readiness, lines, ...counted };
}

test("ResultsWriter writes what a topic asks for, keyed by origin, and acknowledges what is no result", async () => {
  const message = await messageOf("images");
  const { writer, queue, written, lines, counts } = openWriter([
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
  const { event_id } = message.attributes;
  assert.deepEqual(written, [{
    topic: "images.results",
    key: "images/1/7",
    value: message.data,
    headers: { type: "image.rejected", event_id, ref: "order-4711" },
  }]);
  assert.deepEqual(await counts(), { written: 1, unwanted: 2, foreign: 2, unreadable: 1 });
  const refused = lines.filter(({ event }) => event === "result_refused");
  assert.deepEqual(refused.map(({ fields }) => fields["imageId"]), [
    FOREIGN,
    await imageIdOfOrigin(
      { topic: "images", partition: 1, offset: 7n, timestampMs: t0OfImageId(FOREIGN) },
      "local",
    ),
    undefined,
  ]);
});

for (
  const [what, harm] of [["Kafka is away", "isUp"], ["its topic is missing", "topics"]] as const
) {
  test(`ResultsWriter acknowledges nothing while ${what}, and goes on when it is back`, async () => {
    const { writer, queue, written, kafka, readiness, released } = openWriter([
      await messageOf("images"),
      await messageOf("images", 8n),
    ]);
    if (harm === "isUp") kafka.isUp = false;
    else kafka.topics = [];
    writer.start();
    await until(() => released() > 2);
    assert.deepEqual([queue.size, written.length, readiness.current], [2, 0, ["results"]]);
    assert.deepEqual([writer.hasWork, writer.oldestPendingMs, readiness.isFree], [
      true,
      NOW_MS,
      true,
    ]);
    Object.assign(kafka, { isUp: true, topics: ["images.results"] });
    await until(() => queue.size === 0);
    await until(() => readiness.current.length === 0);
    assert.deepEqual(written.map(({ key }) => key), ["images/1/7", "images/1/8"]);
    await writer.drain();
    assert.equal(writer.hasWork, false);
  });
}
