import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { manifestName, rawName, receiptName } from "../model/object_name.ts";
import { ImageRejected, isRemovedAtOnce, type RejectReason } from "../model/reject_reason.ts";
import { removeLive } from "../retention/erase_image.ts";
import { MAX_AHEAD_MS, RETENTION_POLICY } from "../retention/policy.ts";
import { assertErased, assertReady, manifestOf, newestRowOf } from "../testing/assert_ready.ts";
import { NOT_AN_IMAGE, PNG_PIXEL, PNG_PIXEL_SHA256, pngOf } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld, type TestWorldOptions } from "../testing/test_world.ts";
import { markFailed } from "./mark_failed.ts";
import { processImage } from "./process_image.ts";

const ref = sampleRef(NOON_MS);
const { periodMs, closingMs } = RETENTION_POLICY;
const CALLERS = { ref: "invoice-7", origin: "images/3/41" };

test("processImage() makes an image ready: renditions, manifest, record", async () => {
  const world = new TestWorld();
  const delivery = await world.upload(ref, {
    declaration: { source: "kafka", sha256: PNG_PIXEL_SHA256, size: 69, ...CALLERS },
  });
  world.clock.nowMs += 500;
  const outcome = await processImage(world.ports, { ...delivery, attempt: 2 });
  const manifest = await assertReady(world, ref);
  assert.deepEqual(outcome, { outcome: "done", ref, manifest });
  assert.deepEqual(manifest.renditions.map(({ name }) => name), ["large", "medium", "thumb"]);
  assert.equal(manifest.sha256, PNG_PIXEL_SHA256);
  assert.deepEqual([manifest.source, manifest.attempt, manifest.bytes], ["kafka", 2, 69]);
  const rendering = { decodeMs: 3, renditionsMs: 2, insightsMs: 1 };
  const others = { queueMs: 500, probeMs: 0, fetchMs: 0, storeMs: 0, totalMs: 0 };
  assert.deepEqual(manifest.timings, { ...rendering, ...others });
  const { mediaType, width, height, camera, insights } = manifest.metadata ?? {};
  assert.deepEqual([mediaType, width, height], ["image/png", 1, 1]);
  assert.deepEqual([camera?.make, insights?.meanLuma], ["apple", 0.4]);
  assert.equal(world.rows.rows().length, 1);
  assert.equal(newestRowOf(world, ref)?.generation, Number(manifest.generation));
  assert.equal(newestRowOf(world, ref)?.content_key, `2026-03-14/${PNG_PIXEL_SHA256}`);
  const [{ attributes } = assert.fail()] = world.rows.records();
  assert.deepEqual({ ...attributes, event_id: "" }, {
    ...{ type: "image.ready", source: "kafka", ...CALLERS, event_id: "" },
    ...{ tenant: ref.tenant, image_id: ref.imageId },
  });
  assert.deepEqual([manifest.ref, manifest.origin, manifest.declaredType], [
    ...[CALLERS.ref, CALLERS.origin, undefined],
  ]);
  assert.notEqual(await world.raw.stat(rawName(ref)), null, "the raw object is kept");
});

test("processImage() makes the preset's renditions, and keeps what the company's own pipeline found", async () => {
  const custom = { faces: 2, labels: ["cat"] };
  const presets = { tiny: [{ name: "dot", width: 8, height: 8 }] };
  const world = new TestWorld({ plan: { presets }, engine: { custom } });
  Object.assign(world.ports, { pipeline: { name: "@acme/faces", version: "1.2.0" } });
  await world.process(ref, { declaration: { source: "edge", preset: "tiny" } });
  const { renditions, metadata, pipeline } = await assertReady(world, ref);
  assert.deepEqual(renditions.map(({ name, width }) => [name, width]), [["dot", 8]]);
  const { faces, labels, ...row } = newestRowOf(world, ref) ?? assert.fail();
  assert.deepEqual([metadata?.custom, { faces, labels }], [custom, custom]);
  assert.deepEqual([pipeline?.name, row.pipeline], ["@acme/faces", "@acme/faces"]);
  assert.deepEqual([pipeline?.version, row.pipeline_version], ["1.2.0", "1.2.0"]);
});

const failing = (error: Error): TestWorldOptions => ({
  engine: { before: () => Promise.reject(error) },
});
const rejecting = (reason: RejectReason) =>
  failing(new ImageRejected(reason, "found by the engine"));
const plan = (common: object): TestWorldOptions => ({ plan: common });

const OTHER_DIGEST = { source: "edge", sha256: "0".repeat(64) } as const;
const OTHER_SUM = { source: "edge", crc32c: "AAAAAA==" } as const;

const REJECTIONS: readonly (readonly [
  string,
  RejectReason,
  TestWorldOptions,
  Parameters<TestWorld["upload"]>[1],
])[] = [
  ["text", "not_an_image", {}, { bytes: NOT_AN_IMAGE }],
  ["nothing", "not_an_image", {}, { bytes: new Uint8Array() }],
  ["a BMP", "unsupported_type", {}, { bytes: new TextEncoder().encode("BM".padEnd(64, "\0")) }],
  ["a type that the plan lacks", "unsupported_type", plan({ allowedTypes: ["image/jpeg"] }), {}],
  ["half a header", "truncated", {}, { bytes: PNG_PIXEL.slice(0, 20) }],
  ["a picture of no width", "corrupt", {}, { bytes: pngOf(0, 5) }],
  ["too many pixels", "too_many_pixels", {}, { bytes: pngOf(20_000, 20_000) }],
  ["too many bytes", "too_large", plan({ maxBytes: 68 }), {}],
  ["another size", "declared_mismatch", {}, { declaration: { source: "edge", size: 70 } }],
  ["another SHA-256", "digest_mismatch", {}, { declaration: OTHER_DIGEST }],
  ["another CRC32C", "digest_mismatch", {}, { declaration: OTHER_SUM }],
  ["what the codec cannot read", "corrupt", rejecting("corrupt"), {}],
  ["what takes too long", "processing_limit", rejecting("processing_limit"), {}],
  ["what the pipeline refuses", "pipeline_rejected", rejecting("pipeline_rejected"), {}],
];

for (const [what, reason, options, upload] of REJECTIONS) {
  test(`processImage() rejects ${what} as ${reason}, in manifest and row, without a rendition`, async () => {
    const world = new TestWorld(options);
    const outcome = await world.process(ref, upload);
    assert.equal(outcome.outcome, "done");
    const manifest = await manifestOf(world, ref);
    assert.deepEqual([manifest.status, manifest.reason], ["rejected", reason]);
    assert.ok(manifest.detail);
    assert.deepEqual(world.processed.names(), [manifestName(ref)]);
    const row = newestRowOf(world, ref);
    assert.deepEqual([row?.status, row?.reason], ["rejected", reason]);
    const isRendered = options.engine !== undefined;
    assert.equal(world.engine.requests.length, isRendered ? 1 : 0);
    // As far as they were found.
    const { metadata, sha256, timings } = manifest;
    if (isRendered) assert.deepEqual([metadata?.width, sha256], [1, PNG_PIXEL_SHA256]);
    assert.ok(timings.storeMs === undefined && (!isRendered || timings.probeMs !== undefined));
    const isKept = await world.raw.stat(rawName(ref)) !== null;
    assert.equal(isKept, !isRemovedAtOnce(reason), "bytes that break their declaration go at once");
  });
}

test("processImage() removes bytes of a broken declaration unread, also where an attempt before died in between", async () => {
  const world = new TestWorld();
  const junk = { bytes: new Uint8Array(70), declaration: { source: "edge", size: 1 } } as const;
  const delivery = await world.upload(ref, junk);
  world.raw.read = () => assert.fail("no byte of it is read");
  const { remove } = world.raw;
  world.raw.remove = () => Promise.reject(new AppError("unavailable", "the process dies here"));
  await assert.rejects(processImage(world.ports, delivery), { code: "unavailable" });
  world.raw.remove = remove;
  assert.equal((await processImage(world.ports, delivery)).outcome, "already");
  assert.equal((await manifestOf(world, ref)).reason, "declared_mismatch");
  assert.equal(await world.raw.stat(rawName(ref)), null);
});

for (
  const [declared, options, expected] of [
    ["image/jpeg", {}, ["ready", "image/jpeg"]],
    ["text/plain", {}, ["ready", "text/plain"]],
    ["image/png", {}, ["ready", undefined]],
    ["image/jpeg", plan({ allowedTypes: ["image/jpeg"] }), ["rejected", undefined]],
  ] as const
) {
  test(`processImage() goes by the bytes of a PNG declared as ${declared}: ${expected[0]}`, async () => {
    const world = new TestWorld(options);
    await world.process(ref, { contentType: declared });
    const { status, declaredType } = await manifestOf(world, ref);
    assert.deepEqual([status, declaredType], expected);
    const inRow = declaredType === "text/plain" ? "other" : declaredType ?? null;
    assert.equal(newestRowOf(world, ref)?.declared_type, inRow, "vocabulary alone");
  });
}

test("processImage() of a redelivery renders nothing and publishes the very same record", async () => {
  const world = new TestWorld();
  const delivery = await world.upload(ref);
  await processImage(world.ports, delivery);
  const manifest = await manifestOf(world, ref);
  world.clock.nowMs += 1000;
  const again = await processImage(world.ports, { ...delivery, attempt: 2 });
  assert.deepEqual(again, { outcome: "already", ref });
  assert.deepEqual(await manifestOf(world, ref), manifest);
  assert.equal(world.engine.requests.length, 1);
  const [first, second, ...more] = world.rows.records();
  assert.deepEqual([second, more], [first, []]);
});

test("processImage() removes a second object of a name, and never the one that the manifest pins", async () => {
  const world = new TestWorld();
  const first = await world.upload(ref);
  await processImage(world.ports, first);
  await processImage(world.ports, first);
  assert.notEqual(await world.raw.stat(rawName(ref)), null);
  assert.ok(await removeLive(world.raw, rawName(ref)));
  const second = await world.upload(ref);
  assert.notEqual(second.generation, first.generation);
  await processImage(world.ports, first);
  assert.notEqual(await world.raw.stat(rawName(ref)), null, "each delivery removes its own");
  assert.deepEqual(await processImage(world.ports, second), { outcome: "already", ref });
  assert.equal(await world.raw.stat(rawName(ref)), null);
});

test("processImage() leaves what is ours, and what is aborted, to be delivered again: no manifest, no row", async () => {
  const world = new TestWorld(failing(new AppError("unavailable", "No place is free")));
  await assert.rejects(world.process(ref), { code: "unavailable" });
  const ended = new TestWorld();
  const signal = AbortSignal.abort();
  await assert.rejects(processImage(ended.ports, await ended.upload(ref), { signal }));
  for (const { processed, rows } of [world, ended]) {
    assert.deepEqual([processed.names(), rows.rows()], [[], []]);
  }
});

test("processImage() of an object that is not what its event describes fails once, then goes by what is there", async () => {
  const world = new TestWorld();
  const delivery = await world.upload(ref);
  const { generation } = delivery;
  await world.raw.remove(rawName(ref), { generation });
  await assert.rejects(processImage(world.ports, delivery), { code: "unavailable" });
  const again = { ...delivery, attempt: 2 };
  assert.deepEqual(await processImage(world.ports, again), { outcome: "gone", ref });
  await world.upload(ref);
  assert.equal((await processImage(world.ports, again)).outcome, "done");
  assert.notEqual((await assertReady(world, ref)).generation, generation);
});

test("processImage() replaces failed by what it finds, and acknowledges what is gone and names that are not ours", async () => {
  const failed = new TestWorld();
  const delivery = await failed.upload(ref);
  await markFailed(failed.ports, delivery);
  failed.clock.nowMs += 1000;
  assert.equal((await processImage(failed.ports, delivery)).outcome, "done");
  await assertReady(failed, ref);
  const world = new TestWorld();
  const gone = await world.delivery(ref);
  assert.deepEqual(await processImage(world.ports, gone), { outcome: "gone", ref });
  for (const objectName of ["", "readme.txt", `${rawName(ref)}/x`, receiptName(ref)]) {
    const outcome = await processImage(world.ports, { ...gone, objectName });
    assert.deepEqual(outcome, { outcome: "ignored" });
  }
});

test("processImage() makes nothing of a T0 that no source can have given, until that time is near", async () => {
  const world = new TestWorld();
  const ahead = sampleRef(NOON_MS + MAX_AHEAD_MS + 1);
  const beyond = sampleRef(Date.UTC(10_889, 0, 1));
  for (const planted of [ahead, beyond]) {
    const delivery = await world.upload(planted);
    assert.deepEqual(await processImage(world.ports, delivery), { outcome: "ignored" });
    assert.deepEqual(await markFailed(world.ports, delivery), { outcome: "ignored" });
  }
  assert.deepEqual([world.processed.names(), world.rows.rows()], [[], []]);
  world.clock.nowMs++;
  await processImage(world.ports, await world.delivery(ahead));
  await assertReady(world, ahead);
});

test("processImage() rejects what arrives behind its write cutoff, in manifest and record, without looking", async () => {
  const before = new TestWorld({ nowMs: NOON_MS + periodMs - closingMs - 1 });
  await before.process(ref);
  await assertReady(before, ref);
  const world = new TestWorld({ nowMs: NOON_MS + periodMs - closingMs });
  await world.process(ref);
  const { status, reason } = await manifestOf(world, ref);
  assert.deepEqual([status, reason], ["rejected", "too_late"]);
  assert.deepEqual(world.processed.names(), [manifestName(ref)]);
  const rows = world.rows.rows().map(({ status, reason }) => [status, reason]);
  assert.deepEqual([rows, world.engine.requests], [[["rejected", "too_late"]], []]);
});

test("processImage() deletes what arrives when its seven days are over, and writes nothing", async () => {
  const world = new TestWorld({ nowMs: NOON_MS + periodMs });
  assert.deepEqual(await world.process(ref), { outcome: "expired", ref });
  assert.deepEqual([world.names(), world.rows.rows()], [[], []]);
});

test("processImage() of an image whose erasure was requested before it arrived renders nothing", async () => {
  const world = new TestWorld();
  await world.requestErasure(ref);
  assert.deepEqual(await world.process(ref), { outcome: "erased", ref, state: "erasing" });
  assert.deepEqual(world.engine.requests, []);
  await world.settle();
  assertErased(world, ref);
});
