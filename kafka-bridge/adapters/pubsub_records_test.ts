import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { isAppError } from "@tintype/core/errors";
import { refusedRecord } from "@tintype/core/model/image_record";
import { parseTenant } from "@tintype/core/model/tenant";
import { portableHashing } from "@tintype/core/testing/portable_hashing";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { startRecordsTopic } from "../testing/records_topic.ts";
import { pubsubRecords } from "./pubsub_records.ts";

/** A topic and its publisher, which end with the test. */
async function openTopic(t: TestContext, topic = "tintype-images") {
  const records = await startRecordsTopic();
  t.after(() => records.close());
  const publisher = pubsubRecords({ projectId: "tintype-local", topic, endpoint: records.url });
  return { records, publisher };
}

const recordOf = (offset: number) =>
  refusedRecord(portableHashing, {
    ...{ imageId: sampleRef().imageId, tenant: parseTenant("stream"), reason: "too_large" },
    ...{ origin: `images/0/${offset}`, refusedAtMs: Date.UTC(2026, 0, 15), bytes: 4711 },
  });

test("pubsubRecords() publishes the row as data, and as attributes what is known", async (t) => {
  const { records, publisher } = await openTopic(t);
  const record = await recordOf(7);
  await publisher.publish(record);
  const { ref: _unknown, ...known } = record.attributes;
  assert.deepEqual(records.of("images"), [{ row: { ...record.row }, attributes: known }]);
});

test("pubsubRecords() throws unavailable where the topic does not take it", async (t) => {
  const { records, publisher } = await openTopic(t);
  records.setDown(true);
  await assert.rejects(
    publisher.publish(await recordOf(7)),
    (error) => isAppError(error, "unavailable"),
  );
  records.setDown(false);
  await publisher.publish(await recordOf(8));
  assert.deepEqual(records.of("images").map(({ attributes: { origin } }) => origin), [
    "images/0/8",
  ]);
});

test("pubsubRecords() ends with its signal", async (t) => {
  const { records, publisher } = await openTopic(t);
  records.setDown(true);
  const over = new AbortController();
  const publishing = publisher.publish(await recordOf(7), { signal: over.signal });
  over.abort(new Error("over"));
  await assert.rejects(publishing, /over/);
});
