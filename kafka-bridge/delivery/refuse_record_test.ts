import assert from "node:assert/strict";
import { test } from "node:test";
import { imageIdOfRecord, t0OfImageId } from "@tintype/core/model/image_id";
import type { ImageRecord } from "@tintype/core/model/image_record";
import { DAY_MS } from "@tintype/core/model/utc_day";
import { NOT_AN_IMAGE, PNG_PIXEL } from "@tintype/core/testing/sample_images";
import {
  chunkHeaders,
  fakePorts,
  fetchOf,
  IMAGE_HEADERS,
  leaseOf,
  NOW_MS,
  recordOf,
  redrivenHeaders,
  TENANTS,
  until,
} from "../testing/fake_ports.ts";
import { down, openBridge } from "../testing/open_bridge.ts";
import { refuseRecord } from "./refuse_record.ts";

const RUNNING = new AbortController().signal;
const POSITION = { cluster: "local", topic: "images", partition: 0, offset: "7" };

/** The record of the refusal of a Kafka record, by fresh ports. */
async function refusalOf(given: Parameters<typeof recordOf>[0]): Promise<ImageRecord> {
  const { ports, records } = fakePorts();
  const letter = { record: recordOf(given), reason: "not_an_image", message: "" };
  assert.equal(await refuseRecord(ports, letter, RUNNING), true);
  const [record] = records;
  assert.ok(record !== undefined && records.length === 1);
  return record;
}

test("a refusal is a record of the tenant, without an owner and a file", async () => {
  const timestampMs = NOW_MS - 60_000;
  const headers = { ...IMAGE_HEADERS, ref: "order-4711" };
  const { row, attributes } = await refusalOf({ offset: 7n, timestampMs, headers });
  const imageId = await imageIdOfRecord(POSITION, timestampMs);
  assert.match(attributes.event_id, /^[0-9a-f]{32}$/);
  assert.deepEqual({ ...attributes, event_id: "" }, {
    type: "image.rejected",
    source: "kafka",
    image_id: imageId,
    tenant: "stream",
    origin: "images/0/7",
    ref: "order-4711",
    event_id: "",
  });
  const { image_id, status, reason, tenant, source, bytes, t0, processed_at } = row;
  const time = new Date(NOW_MS).toISOString();
  assert.deepEqual([image_id, status, reason, tenant], [
    imageId,
    "rejected",
    "not_an_image",
    "stream",
  ]);
  assert.deepEqual([source, bytes, t0, processed_at], ["kafka", PNG_PIXEL.length, time, time]);
  assert.deepEqual([row.owner, row.content_key], [null, null]);
});

test("a refusal that comes again has the same event, also redriven, and another record another", async () => {
  const timestampMs = NOW_MS - 60_000;
  const first = await refusalOf({ offset: 5n, timestampMs });
  const again = await refusalOf({ offset: 5n, timestampMs });
  const topic = "images.redrive";
  const redriven = await refusalOf({ topic, headers: redrivenHeaders(timestampMs) });
  const other = await refusalOf({ offset: 6n, timestampMs });
  const ids = [first, again, redriven].map(({ attributes: { event_id, image_id, origin } }) =>
    [event_id, image_id, origin].join(" ")
  );
  assert.equal(new Set(ids).size, 1);
  assert.notEqual(other.attributes.event_id, first.attributes.event_id);
});

for (const timestampMs of [-1, NaN, NOW_MS + DAY_MS, 2 ** 52]) {
  test(`a refusal of a record at ${timestampMs} has an id of its own time`, async () => {
    const { attributes } = await refusalOf({ offset: 7n, timestampMs });
    assert.equal(attributes.image_id, await imageIdOfRecord(POSITION, NOW_MS));
    assert.equal(t0OfImageId(attributes.image_id), NOW_MS);
  });
}

test("a refusal leaves out what its record does not say rightly", async () => {
  const headers = { ...IMAGE_HEADERS, tenant: "No Tenant", ref: "a b" };
  const { row, attributes } = await refusalOf({ topic: "open", headers });
  assert.deepEqual([attributes.tenant, attributes.ref, row.tenant], [undefined, undefined, null]);
  const nobodys = await refusalOf({ topic: "nobodys" });
  assert.equal(nobodys.attributes.tenant, undefined);
});

test("Bridge commits a refusal only when its dead letter is acknowledged and its record published", async (t) => {
  const acknowledged = Promise.withResolvers<void>();
  const published = Promise.withResolvers<void>();
  const steps: string[] = [];
  const { bridge, lease } = openBridge(t, {
    deadLetters: {
      async send() {
        steps.push("dead letter");
        await acknowledged.promise;
      },
    },
    records: {
      async publish() {
        steps.push("record");
        await published.promise;
      },
    },
  });
  bridge.take(fetchOf(lease, [recordOf({ value: NOT_AN_IMAGE })]));
  await until(() => steps.length > 0);
  assert.deepEqual(steps, ["dead letter"]);
  acknowledged.resolve();
  await until(() => steps.length === 2);
  assert.deepEqual(lease.commits, []);
  published.resolve();
  await until(() => lease.commits.at(-1) === 1n);
  assert.deepEqual(steps, ["dead letter", "record"]);
});

test("Bridge publishes until the topic takes it, with readiness red meanwhile and one dead letter", async (t) => {
  let isDown = true;
  const published: ImageRecord[] = [];
  const { bridge, ports, letters, lease, lines } = openBridge(t, {
    records: {
      async publish(record) {
        if (isDown) throw down();
        published.push(record);
      },
    },
  });
  bridge.take(fetchOf(lease, [recordOf({ value: NOT_AN_IMAGE })]));
  await until(() => ports.readiness.current.includes("records"));
  assert.deepEqual(lease.commits, []);
  isDown = false;
  await until(() => lease.commits.at(-1) === 1n);
  assert.deepEqual(ports.readiness.current, []);
  assert.deepEqual([letters.length, published.length], [1, 1]);
  const place = { topic: "images", partition: 0, offset: "0" };
  const refused = lines.find(({ event }) => event === "record_refused");
  assert.deepEqual(refused?.fields, { ...place, reason: "not_an_image" });
  assert.ok(lines.some(({ event }) => event === "refusal_held_up"));
});

test("Bridge publishes no refusal without its tenant while nobody can say whose it is", async (t) => {
  let isReadable = false;
  const { bridge, ports, letters, records, lease } = openBridge(t, {
    tenants: {
      ...TENANTS,
      topicOf: (topic) => isReadable ? TENANTS.topicOf(topic) : Promise.reject(down()),
    },
  });
  bridge.take(fetchOf(lease, [recordOf({ timestampMs: NOW_MS - 8 * DAY_MS })]));
  await until(() => ports.readiness.current.includes("tenants"));
  assert.deepEqual([letters.length, records.length], [1, 0]);
  isReadable = true;
  await until(() => lease.commits.at(-1) === 1n);
  assert.deepEqual(records.map(({ attributes }) => attributes.tenant), ["stream"]);
});

test("Bridge publishes nothing of a lease that has ended, and no hanging call holds up its drain", async (t) => {
  const signals: (AbortSignal | undefined)[] = [];
  const { bridge, lease } = openBridge(t, {
    records: {
      publish: (_record, { signal } = {}) => {
        signals.push(signal);
        return new Promise((_resolve, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason))
        );
      },
    },
  });
  bridge.take(fetchOf(lease, [recordOf({ value: NOT_AN_IMAGE })]));
  await until(() => signals.length === 1);
  lease.end();
  await bridge.drain();
  assert.equal(signals.length, 1);
  assert.deepEqual(lease.commits, []);
});

test("a chunk set that is refused is one image for others, of all its bytes", async (t) => {
  const { bridge, lease, letters, records } = openBridge(t);
  const parts = [NOT_AN_IMAGE, Uint8Array.of(1, 2, 3)];
  bridge.take(fetchOf(
    lease,
    parts.map((value, index) => {
      const headers = { ...chunkHeaders("a", index, 2), ref: "order-4711" };
      return recordOf({ offset: BigInt(index), value, headers });
    }),
  ));
  await until(() => lease.commits.at(-1) === 2n);
  assert.equal(letters.length, 2);
  const [record, ...others] = records;
  assert.deepEqual(others, []);
  assert.equal(record?.attributes.origin, "images/0/0");
  assert.equal(record?.attributes.ref, "order-4711");
  assert.equal(record?.row.bytes, NOT_AN_IMAGE.length + 3);
});

test("a chunk without its set is refused for itself", async (t) => {
  const { bridge, records } = openBridge(t);
  const lease = leaseOf();
  bridge.take(fetchOf(lease, [recordOf({ offset: 3n, headers: chunkHeaders("a", 1, 2) })]));
  await until(() => lease.commits.at(-1) === 4n);
  assert.deepEqual(
    records.map(({ row, attributes }) => [row.reason, attributes.origin]),
    [["incomplete_chunks", "images/0/3"]],
  );
});
