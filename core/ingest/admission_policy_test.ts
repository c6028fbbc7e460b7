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
const refused = (code: ErrorCode, text: string) => (error: unknown) => {
  assert.ok(error instanceof AppError && error.code === code, String(error));
  assert.ok(error.publicMessage.includes(text), error.publicMessage);
  return true;
};

test("admitDeclaration() gives the declaration back with its type in plain form", () => {
  const admitted = admitDeclaration({ contentType: "Image/JPG; q=1", size: 5 }, DEFAULT_PLAN);
  assert.deepEqual(admitted, { contentType: "image/jpeg", size: 5 });
});

test("admitDeclaration() takes a size up to the plan's last byte and names the limit beyond it", () => {
  const plan = { ...DEFAULT_PLAN, maxBytes: 1000 };
  assert.equal(admitDeclaration({ ...declaration, size: 1000 }, plan).size, 1000);
  assert.throws(
    () => admitDeclaration({ ...declaration, size: 1001 }, plan),
    refused("too_large", "size must be <= 1000: current value is 1001"),
  );
});

test("admitDeclaration() refuses an empty image", () => {
  assert.throws(
    () => admitDeclaration({ ...declaration, size: 0 }, DEFAULT_PLAN),
    refused("invalid_request", "size must be at least 1"),
  );
});

test("admitDeclaration() takes an unknown size, which is found out later", () => {
  assert.equal(admitDeclaration({ contentType: "image/png" }, DEFAULT_PLAN).size, undefined);
});

test("admitDeclaration() refuses a type that nobody processes, and one that the plan does not allow", () => {
  assert.throws(
    () => admitDeclaration({ ...declaration, contentType: "image/bmp" }, DEFAULT_PLAN),
    refused("unsupported_type", "image/jpeg, image/png"),
  );
  assert.throws(
    () => admitDeclaration(declaration, { ...DEFAULT_PLAN, allowedTypes: ["image/jpeg"] }),
    refused("unsupported_type", "the plan allows image/jpeg"),
  );
});

test("admitDeclaration() takes a preset of the plan and no other", () => {
  const plan = { ...DEFAULT_PLAN, presets: { square: [] } };
  assert.equal(admitDeclaration({ ...declaration, preset: "square" }, plan).preset, "square");
  for (const preset of ["round", "constructor"]) {
    assert.throws(
      () => admitDeclaration({ ...declaration, preset }, plan),
      refused("invalid_request", "preset must be a preset of the tenant's plan"),
    );
  }
});

test("admitHead() says what the first bytes are, HEIC and HEIF for each other in the plan", () => {
  assert.equal(admitHead(PNG_PIXEL, DEFAULT_PLAN), "image/png");
  const heic = new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0mif1heic");
  const plan = { ...DEFAULT_PLAN, allowedTypes: ["image/heif"] } as const;
  assert.equal(admitHead(heic, plan), "image/heic");
});

test("admitHead() refuses what is no image, and an image of a type that the plan does not allow", () => {
  for (const head of [NOT_AN_IMAGE, new Uint8Array()]) {
    assert.throws(() => admitHead(head, DEFAULT_PLAN), refused("not_an_image", "not an image"));
  }
  const plan = { ...DEFAULT_PLAN, allowedTypes: ["image/jpeg"] } as const;
  const why = "Cannot take image/png as the plan allows image/jpeg";
  assert.throws(() => admitHead(PNG_PIXEL, plan), refused("unsupported_type", why));
});

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
