import assert from "node:assert/strict";
import { test } from "node:test";
import { portableHashing as hashing } from "../testing/portable_hashing.ts";
import { sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { erasedRecord, type ImageRecord, recordOfManifest, refusedRecord } from "./image_record.ts";
import { IMAGE_ROW_COLUMNS, rowOfManifest } from "./image_row.ts";
import type { Manifest } from "./manifest.ts";

const ref = sampleRef(NOON_MS);
const { imageId: image_id, tenant } = ref;
const known = { ref: "invoice-7", origin: "images/3/41" };
const manifest = sampleManifest(ref, known);
const T0 = "2026-03-14T12:00:00.000Z";
const LATER = "2026-03-14T12:00:05.000Z";

const ofManifest = (values: Partial<Manifest> = {}, generation = "17") =>
  recordOfManifest(hashing, {
    ...{ ref, generation, contentKey: "key" },
    manifest: { ...manifest, ...values },
  });
const refused = (values = {}) =>
  refusedRecord(hashing, {
    ...{ imageId: ref.imageId, tenant, ...known, reason: "missing_subject", bytes: 12 },
    ...{ refusedAtMs: NOON_MS + 5_000, ...values },
  });
const erased = (values = {}) =>
  erasedRecord(hashing, ref, { source: "kafka", ...known, ...values }, NOON_MS + 5_000);

/** What a row says; every column is there. */
function saidBy({ row }: ImageRecord) {
  assert.deepEqual(Object.keys(row).toSorted(), [...IMAGE_ROW_COLUMNS].toSorted());
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== null && JSON.stringify(value) !== "[]"),
  );
}

for (const status of ["ready", "rejected", "failed"] as const) {
  test(`recordOfManifest() of a ${status} one is its row, and attributes that are no columns`, async () => {
    const { row, attributes } = await ofManifest({ status });
    const expected = rowOfManifest(ref, { ...manifest, status });
    assert.deepEqual(row, { ...expected, content_key: "key" });
    const { event_id, ...others } = attributes;
    assert.match(event_id, /^[0-9a-f]{32}$/);
    const bare = {
      ref,
      manifest: { ...manifest, status },
      generation: "17",
      contentKey: undefined,
    };
    const record = await recordOfManifest(hashing, bare);
    assert.equal(record.row.content_key, null);
    assert.ok(!JSON.stringify(record).includes(String(manifest.sha256)), "never the SHA-256");
    const type = `image.${status}`;
    assert.deepEqual(others, { type, source: "kafka", ...known, tenant, image_id });
  });
}

test("the record of an erasure has id, tenant, source, T0 and time in its row, and nothing else", async () => {
  const record = await erased();
  assert.deepEqual(saidBy(record), {
    ...{ image_id, tenant, source: "kafka", t0: T0, status: "erased", processed_at: LATER },
  });
  const { event_id: _, ...others } = record.attributes;
  assert.deepEqual(others, { type: "image.erased", source: "kafka", ...known, tenant, image_id });
});

test("the record of a refusal names neither owner nor file, and its T0 is the time of the refusal", async () => {
  const record = await refused();
  const said = { image_id, tenant, source: "kafka", t0: LATER, status: "rejected", bytes: 12 };
  assert.deepEqual(saidBy(record), { ...said, reason: "missing_subject", processed_at: LATER });
  const { event_id: _, ...others } = record.attributes;
  assert.deepEqual(others, { type: "image.rejected", source: "kafka", ...known, tenant, image_id });
  const nobodys = await refused({ tenant: undefined, bytes: undefined });
  assert.deepEqual([nobodys.row.tenant, nobodys.attributes.tenant], [null, undefined]);
});

test("a repeated message has the same event_id, whatever is new has another", async () => {
  const idsOf = async () => {
    // The second one is of a replay, or of what came after a failure.
    const ofManifests = [ofManifest(), ofManifest({}, "18")];
    const others = [erased(), refused(), refused({ origin: "images/3/42" })];
    const records = await Promise.all([...ofManifests, ...others]);
    return records.map(({ attributes }) => attributes.event_id);
  };
  const ids = await idsOf();
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(await idsOf(), ids);
  const again = await erased({ source: "unknown", ref: undefined });
  assert.equal(again.attributes.event_id, ids[2]);
  const later = await refused({ refusedAtMs: NOON_MS, reason: "too_large" });
  assert.equal(later.attributes.event_id, ids[3]);
});
