import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { rawName } from "../model/object_name.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import type { UploadBody } from "../ports/upload_body.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { MemoryQuota } from "../testing/memory_quota.ts";
import { NOT_AN_IMAGE, PNG_PIXEL } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS, TestWorld } from "../testing/test_world.ts";
import { uploadImage, type UploadImageInput } from "./upload_image.ts";

const ref = sampleRef(NOON_MS);

/** A body of these bytes with its size; `broken` is thrown in the place of its last bytes. */
function bodyOf(bytes = PNG_PIXEL, parts: Partial<UploadBody> & { readonly broken?: Error } = {}) {
  const { broken, ...rest } = parts;
  return {
    contentType: "image/png",
    size: bytes.length,
    passedBytes: bytes.length,
    head: () => Promise.resolve(bytes.subarray(0, 64)),
    sendTo: (send, _promise) =>
      broken === undefined
        ? send(new Blob([bytes]).stream(), new AbortController().signal)
        : Promise.reject(broken),
    ...rest,
  } satisfies UploadBody as UploadBody;
}

function setUp() {
  const world = new TestWorld();
  const quota = new MemoryQuota();
  const random = (count: number) => new Uint8Array(count).fill(1);
  const { raw, processed, erasures, clock } = world;
  const upload = (values: Partial<UploadImageInput> = {}) =>
    uploadImage({ raw, processed, erasures, clock, quota, random }, {
      tenant: ref.tenant,
      ownerAt: () => Promise.resolve(ref.owner),
      plan: DEFAULT_PLAN,
      policy: RETENTION_POLICY,
      body: bodyOf(),
      sha256: undefined,
      maxBytes: 1_000,
      ...values,
    });
  return { world, quota, upload };
}

test("uploadImage() stores the bytes with what was declared, and counts them", async () => {
  const { world, quota, upload } = setUp();
  const body = bodyOf(PNG_PIXEL, { contentType: "image/jpeg" });
  const { imageId, existing } = await upload({ sha256: "a".repeat(64), ref: "invoice-7", body });
  assert.equal(existing, undefined);
  const facts = await world.raw.stat(rawName({ ...ref, imageId }));
  assert.equal(facts?.contentType, "image/png", "what the first bytes say");
  const said = { sha256: "a".repeat(64), size: "69", ref: "invoice-7" };
  assert.deepEqual(facts?.metadata, { source: "edge", ...said });
  assert.deepEqual([quota.held(), quota.bytes()], [[imageId], PNG_PIXEL.length]);
});

test("uploadImage() counts a body of no known size by the edge's limit, then by what passed", async () => {
  const { world, quota, upload } = setUp();
  const counted: number[] = [];
  const body = bodyOf(PNG_PIXEL, { size: undefined });
  const sendTo: UploadBody["sendTo"] = (send, promise) => {
    counted.push(quota.bytes(), promise.maxBytes);
    return body.sendTo(send, promise);
  };
  await upload({ body: { ...body, sendTo } });
  assert.deepEqual([...counted, quota.bytes()], [1_000, 1_000, PNG_PIXEL.length]);
  const came: UploadBody["sendTo"] = async (...call) => {
    await world.raw.put(rawName(ref));
    return await body.sendTo(...call);
  };
  await upload({ imageId: ref.imageId, body: { ...body, sendTo: came } });
  assert.equal(quota.bytes(), PNG_PIXEL.length + 1_000, "another call's image is not of this size");
});

test("uploadImage() finds the image of a client's own id, and reads none of the body", async () => {
  const { world, quota, upload } = setUp();
  await world.finish(ref);
  const own = { imageId: ref.imageId.toUpperCase() };
  const unread = (size: number | undefined) =>
    bodyOf(PNG_PIXEL, { size, head: () => assert.fail("The body was read") });
  for (const size of [2_000_000, undefined]) {
    const { imageId, existing } = await upload({ ...own, body: unread(size) });
    assert.deepEqual([imageId, existing?.state], [ref.imageId, "done"]);
  }
  const others = [{ body: unread(69) }, { body: unread(undefined), sha256: "0".repeat(64) }];
  for (const other of others) {
    await assert.rejects(upload({ ...own, ...other }), { code: "conflict" });
  }
  assert.deepEqual(quota.held(), []);
});

test("uploadImage() refuses what is no image before it counts", async () => {
  const { world, quota, upload } = setUp();
  await assert.rejects(upload({ body: bodyOf(NOT_AN_IMAGE) }), { code: "not_an_image" });
  assert.deepEqual([world.raw.names(), quota.held()], [[], []]);
});

const UNAVAILABLE = new AppError("unavailable", "Storage does not answer");
const MISMATCH = new AppError("digest_mismatch", "Its SHA-256 is another one");

for (
  const [what, broken, imageId, held] of [
    ["gives a definite refusal's image back", MISMATCH, undefined, 0],
    ["keeps an image counted whose reply was lost", UNAVAILABLE, undefined, 1],
    ["keeps a client's own id counted", MISMATCH, ref.imageId, 1],
  ] as const
) {
  test(`uploadImage() ${what}`, async () => {
    const { quota, upload } = setUp();
    await assert.rejects(upload({ imageId, body: bodyOf(PNG_PIXEL, { broken }) }), broken);
    assert.equal(quota.held().length, held);
  });
}
