/** The publisher against the local Pub/Sub, over HTTP. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { refusedRecord } from "@tintype/core/model/image_record";
import { parseTenant } from "@tintype/core/model/tenant";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { type RecordsTopic, startRecordsTopic } from "../testing/records_topic.ts";
import { pubsubRecords } from "./pubsub_records.ts";

let records: RecordsTopic;
before(async () => void (records = await startRecordsTopic()));
after(() => records.close());

const publisherTo = (topic = "tintype-images") =>
  pubsubRecords({ projectId: "tintype-local", topic, endpoint: records.url });

const recordOf = (offset: number, topic = "images") =>
  refusedRecord(portableHashing, {
    ...{ imageId: sampleRef().imageId, tenant: parseTenant("stream"), reason: "too_large" },
    ...{ origin: `${topic}/0/${offset}`, refusedAtMs: Date.UTC(2026, 0, 15), bytes: 4711 },
  });

test("pubsubRecords() publishes the row as data, and as attributes what is known", async () => {
  const record = await recordOf(7);
  await publisherTo().publish(record);
  const { ref: _unknown, ...known } = record.attributes;
  assert.deepEqual(await records.of("images"), [{ row: { ...record.row }, attributes: known }]);
});

test("pubsubRecords() throws unavailable where there is no such topic", async () => {
  await assert.rejects(publisherTo("none").publish(await recordOf(7)), { code: "unavailable" });
});

test("pubsubRecords() throws unavailable where Pub/Sub does not take it", async () => {
  await records.setDown();
  await assert.rejects(publisherTo().publish(await recordOf(7)), { code: "unavailable" });
  await records.setUp();
  await publisherTo().publish(await recordOf(8, "others"));
  const published = await records.of("others");
  assert.deepEqual(published.map(({ attributes: { origin } }) => origin), ["others/0/8"]);
});

test("pubsubRecords() ends with its signal", async () => {
  await records.setDown();
  const over = new AbortController();
  const publishing = publisherTo().publish(await recordOf(7), { signal: over.signal });
  over.abort(new Error("over"));
  await assert.rejects(publishing, /over/);
  await records.setUp();
});
