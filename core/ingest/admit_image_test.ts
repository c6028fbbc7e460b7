import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode } from "../errors.ts";
import { rawName } from "../model/object_name.ts";
import type { RawDeclaration } from "../model/raw_metadata.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import { RETENTION_POLICY } from "../retention/policy.ts";
import { MemoryObjectStore } from "../testing/memory_object_store.ts";
import { NOT_AN_IMAGE, PNG_PIXEL } from "../testing/sample_images.ts";
import { sampleRef } from "../testing/sample_row.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { admitImage, type AdmitImageInput } from "./admit_image.ts";

const { periodMs, closingMs } = RETENTION_POLICY;

function inputOf(values: Partial<AdmitImageInput> = {}): AdmitImageInput {
  return {
    ref: sampleRef(NOON_MS),
    plan: DEFAULT_PLAN,
    policy: RETENTION_POLICY,
    nowMs: NOON_MS,
    contentType: "image/png",
    declaration: { source: "kafka", size: PNG_PIXEL.length },
    head: PNG_PIXEL.subarray(0, 64),
    body: PNG_PIXEL,
    ...values,
  };
}

test("admitImage() stores the bytes once, until the write cutoff, with T0 and what was declared", async () => {
  const creator = new MemoryObjectStore();
  const input = inputOf({ nowMs: NOON_MS + periodMs - closingMs - 1 });
  assert.equal((await admitImage({ creator }, input)).created, true);
  const facts = await creator.stat(rawName(input.ref));
  assert.deepEqual([facts?.contentType, facts?.customTimeMs], ["image/png", NOON_MS]);
  assert.deepEqual(facts?.metadata, { source: "kafka", size: "69" });
  const other = { ...input, body: PNG_PIXEL.slice().fill(0, 60) };
  assert.deepEqual(await admitImage({ creator }, other), { created: false });
  assert.deepEqual(await creator.read(rawName(input.ref)), PNG_PIXEL);
});

for (
  const [declared, stored] of [
    ["image/png", "image/png"],
    ["image/jpeg", "image/jpeg"],
    ["image/jp2", "image/png"],
    ["application/octet-stream", "image/png"],
    ["", "image/png"],
  ] as const
) {
  test(`admitImage() takes a PNG that was declared as ${JSON.stringify(declared)}, and keeps that where it is one of ours`, async () => {
    const creator = new MemoryObjectStore();
    const input = inputOf({ contentType: declared });
    await admitImage({ creator }, input);
    assert.equal((await creator.stat(rawName(input.ref)))?.contentType, stored);
  });
}

const TOO_LARGE = DEFAULT_PLAN.maxBytes + 1;
const declaring = (values: Partial<RawDeclaration>) => ({
  declaration: { source: "edge", ...values } as const,
});

const REFUSALS: readonly (readonly [string, ErrorCode, RegExp, Partial<AdmitImageInput>])[] = [
  ["behind its write cutoff", "too_late", /about to end/, {
    nowMs: NOON_MS + periodMs - closingMs,
  }],
  ["whose period is over", "too_late", /has ended/, { nowMs: NOON_MS + periodMs }],
  ["ahead of its time", "invalid_request", /5 seconds ahead/, { nowMs: NOON_MS - 5_001 }],
  ["of a type that the plan lacks", "unsupported_type", /allows image\/jpeg, image\/heif/, {
    plan: { ...DEFAULT_PLAN, allowedTypes: ["image/jpeg", "image/heif"] },
  }],
  ["larger than the plan allows", "too_large", /got 52428801/, declaring({ size: TOO_LARGE })],
  ["that is empty", "invalid_request", /size must be at least 1/, declaring({ size: 0 })],
  ["of no such preset", "invalid_request", /preset must be/, declaring({ preset: "constructor" })],
  ["that is a text", "not_an_image", /not an image/, { head: NOT_AN_IMAGE }],
  ["without a first byte", "not_an_image", /not an image/, { head: new Uint8Array() }],
];

for (const [what, code, message, values] of REFUSALS) {
  test(`admitImage() refuses an image ${what} as ${code}, and stores nothing`, async () => {
    const creator = new MemoryObjectStore();
    await assert.rejects(admitImage({ creator }, inputOf(values)), { code, message });
    assert.deepEqual(creator.names(), []);
  });
}

test("admitImage() takes what is just within the plan, HEIC and HEIF for each other", async () => {
  const plan = { ...DEFAULT_PLAN, allowedTypes: ["image/heif"], presets: { square: [] } } as const;
  const head = new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0mif1heic");
  for (const size of [1, plan.maxBytes, undefined]) {
    const creator = new MemoryObjectStore();
    const values = { ...declaring({ size, preset: "square" }), plan, head, nowMs: NOON_MS - 5_000 };
    await admitImage({ creator }, inputOf({ ...values, contentType: "" }));
    const { objects } = await creator.list({ prefix: "" });
    assert.deepEqual(objects.map(({ contentType }) => contentType), ["image/heic"]);
  }
});

test("admitImage() ends with its signal", async () => {
  const creator = new MemoryObjectStore();
  const signal = AbortSignal.abort();
  await assert.rejects(() => admitImage({ creator }, inputOf(), { signal }));
  assert.deepEqual(creator.names(), []);
});
