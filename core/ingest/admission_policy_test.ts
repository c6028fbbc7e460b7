import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError, type ErrorCode } from "../errors.ts";
import { makeImageId } from "../model/image_id.ts";
import { DEFAULT_PLAN } from "../model/tenant_plan.ts";
import { RETENTION_POLICY, retentionPolicyOf } from "../retention/policy.ts";
import { NOT_AN_IMAGE, PNG_PIXEL } from "../testing/sample_images.ts";
import { NOON_MS } from "../testing/test_world.ts";
import { admitClientImageId, admitDeclaration, admitHead } from "./admission_policy.ts";

const DAY_MS = 86_400_000;
const declaration = { contentType: "image/png", size: 69 };
const at = (timeMs: number) => makeImageId(timeMs, new Uint8Array(10).fill(3));
const plan = {
  ...{ ...DEFAULT_PLAN, maxBytes: 1000, presets: { square: [] } },
  allowedTypes: ["image/png", "image/heif"],
} as const;
const refused = (code: ErrorCode, text: string) => (error: unknown) => {
  assert.ok(error instanceof AppError && error.code === code, String(error));
  assert.ok(error.publicMessage.includes(text), error.publicMessage);
  return true;
};

test("admitDeclaration() gives the declaration back with its type in plain form", () => {
  const common = { contentType: "Image/PNG; q=1", ref: "r" };
  for (const said of [{ size: 1000 }, { size: 1 }, {}, { size: 5, preset: "square" }]) {
    const admitted = admitDeclaration({ ...common, ...said }, plan);
    assert.deepEqual(admitted, { ...common, ...said, contentType: "image/png" });
  }
});

for (
  const [values, code, text] of [
    [{ size: 1001 }, "too_large", "size must be <= 1000: current value is 1001"],
    [{ size: 0 }, "invalid_request", "size must be at least 1"],
    [{ contentType: "image/jp2" }, "unsupported_type", "image/jpeg, image/png"],
    [{ contentType: "image/jpg" }, "unsupported_type", "the plan allows image/png, image/heif"],
    [{ preset: "round" }, "invalid_request", "preset must be a preset of the tenant's plan"],
    [{ preset: "constructor" }, "invalid_request", "preset must be a preset"],
  ] as const
) {
  test(`admitDeclaration() refuses ${JSON.stringify(values)} as ${code}`, () => {
    assert.throws(() => admitDeclaration({ ...declaration, ...values }, plan), refused(code, text));
  });
}

test("admitHead() returns the type of the first bytes, HEIC and HEIF for each other in the plan", () => {
  assert.equal(admitHead(PNG_PIXEL, plan), "image/png");
  const heic = new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0mif1heic");
  assert.equal(admitHead(heic, plan), "image/heic");
});

for (
  const [head, code, text] of [
    [NOT_AN_IMAGE, "not_an_image", "not an image"],
    [new Uint8Array(), "not_an_image", "not an image"],
    [new TextEncoder().encode("GIF89a"), "unsupported_type", "Cannot take image/gif as the plan"],
  ] as const
) {
  test(`admitHead() refuses ${head.length} bytes as ${code}`, () => {
    assert.throws(() => admitHead(head, plan), refused(code, text));
  });
}

for (
  const [what, ageMs, field] of [
    ["of now", 0, undefined],
    ["5 s ahead", -5000, undefined],
    ["5.001 s ahead", -5001, "more than 5 seconds ahead"],
    ["of 24 h ago", DAY_MS, undefined],
    ["of 24 h and 1 ms ago", DAY_MS + 1, "within the last 24 hours"],
  ] as const
) {
  test(`admitClientImageId() ${field === undefined ? "takes" : "refuses"} an id ${what}`, () => {
    const admit = () =>
      admitClientImageId(at(NOON_MS - ageMs), { nowMs: NOON_MS, policy: RETENTION_POLICY });
    if (field === undefined) admit();
    else assert.throws(admit, refused("invalid_request", field));
  });
}

test("admitClientImageId() refuses an id from the first millisecond of its closing time", () => {
  const policy = retentionPolicyOf(84_000); // closing time is its last second
  const admit = (ageMs: number) =>
    admitClientImageId(at(NOON_MS - ageMs), { nowMs: NOON_MS, policy });
  admit(82_999);
  assert.throws(() => admit(83_000), refused("invalid_request", "before its closing time"));
});
