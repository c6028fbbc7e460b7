import assert from "node:assert/strict";
import { test } from "node:test";
import { SAMPLE_INSIGHTS, sampleManifest } from "../testing/sample_manifest.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { IMAGE_ROW_COLUMNS, rowOfManifest } from "./image_row.ts";

const ref = sampleRef(NOON_MS);
const manifest = sampleManifest(ref, { declaredType: "image/png" });

test("rowOfManifest() has exactly the columns of the table, and of a rejected image its reason alone", () => {
  const { metadata: _, declaredType: __, ...bare } = manifest;
  const verdict = { status: "rejected", reason: "corrupt", detail: "0 x 0 pixels" } as const;
  const row = rowOfManifest(ref, { ...bare, ...verdict, renditions: [] });
  assert.deepEqual([row.renditions, row.rendition_bytes, row.declared_type], [[], 0, null]);
  assert.deepEqual([row.status, row.reason], ["rejected", "corrupt"]);
  assert.ok(!Object.values(row).includes(verdict.detail));
  for (const each of [manifest, { ...bare, renditions: [], timings: {} }]) {
    const columns = Object.keys(rowOfManifest(ref, each));
    assert.deepEqual(columns.toSorted(), [...IMAGE_ROW_COLUMNS].toSorted());
  }
});

test("rowOfManifest() has a column for each of five colours and their shares", () => {
  const dominantColors = ["#000001", "#000002", "#000003", "#000004", "#000005"];
  const insights = { ...SAMPLE_INSIGHTS, dominantColors, dominantColorShares: [1, 2, 3, 4, 5] };
  const { metadata = assert.fail() } = manifest;
  const row: object = rowOfManifest(ref, { ...manifest, metadata: { ...metadata, insights } });
  const seen = Object.entries(row).filter(([name]) => name.startsWith("dominant_color_"));
  const expected = dominantColors.flatMap((color, at) => [
    [`dominant_color_${at + 1}`, color],
    [`dominant_color_${at + 1}_share`, at + 1],
  ]);
  assert.deepEqual(seen.toSorted(), expected.toSorted());
});

test("rowOfManifest() says what the manifest says", () => {
  const row = rowOfManifest(ref, manifest);
  const expected = {
    ...{ image_id: ref.imageId, tenant: "acme", owner: ref.owner, source: "kafka", attempt: 2 },
    ...{ t0: "2026-03-14T12:00:00.000Z", generation: Number(manifest.generation) },
    ...{ status: "ready", reason: null, media_type: "image/jpeg", declared_type: "image/png" },
    ...{ bytes: 2_000_000, content_key: null, width: 4032, height: 3024, camera_make: "apple" },
    ...{ camera_model: "iPhone 15 Pro", captured_hour: 17, has_gps: true, primaries: "display_p3" },
    ...{ transfer: "srgb", hdr: false, provenance: "present", ai_generated: false },
    ...{ dominant_color_1: "#102030", dominant_color_1_share: 0.4, dominant_color_2: "#405060" },
    ...{ dominant_color_2_share: 0.25, dominant_color_3: null, rendition_bytes: 309_000 },
    ...{ queue_ms: 1, fetch_ms: 2, probe_ms: 3, decode_ms: 4, total_ms: 99, store_ms: null },
    ...{ processed_at: manifest.processedAt, trace_id: manifest.traceId, engine: "sharp 0.35.5" },
  };
  assert.deepEqual({ ...row, ...expected }, row);
  const sides = { width: 1600, height: 1200, media_type: "image/jpeg" };
  assert.deepEqual(row.renditions, [
    { name: "large", ...sides, bytes: 300_000 },
    { name: "thumb", ...sides, bytes: 9_000 },
  ]);
});

test("rowOfManifest() holds no text from outside: neither lens, ICC name, reference nor hashes", () => {
  const said = { ...manifest, ref: "invoice-7", origin: "images/3/41" };
  const row = JSON.stringify(rowOfManifest(ref, said));
  const { iccName, camera, insights } = manifest.metadata ?? {};
  const looks = [iccName, camera?.lens, insights?.thumbhash, insights?.perceptualHash];
  for (const text of [...looks, said.ref, said.origin, said.sha256]) {
    assert.ok(text !== undefined && !row.includes(text), text);
  }
});

test("columns of the company's own come on top and never take the place of ours", () => {
  const custom = { faces: 2, tenant: "other", width: 1, total_ms: 0, image_id: "x" };
  const { metadata } = manifest;
  assert.ok(metadata !== undefined);
  const row = rowOfManifest(ref, { ...manifest, metadata: { ...metadata, custom } });
  const { faces, tenant, width, total_ms, image_id } = row;
  assert.deepEqual([faces, tenant, width, total_ms, image_id], [2, "acme", 4032, 99, ref.imageId]);
});
