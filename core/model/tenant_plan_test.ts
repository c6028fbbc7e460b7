import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { DEFAULT_RENDITIONS } from "./rendition.ts";
import { parseTenant } from "./tenant.ts";
import { DEFAULT_PLAN, parseTenantPlans, renditionsOf } from "./tenant_plan.ts";

const acme = parseTenant("acme");
const parse = (document: unknown) => parseTenantPlans(JSON.stringify(document));

test("an empty document is all defaults, those of DESIGN", () => {
  const plans = parse({});
  assert.deepEqual(plans.planOf(acme), DEFAULT_PLAN);
  assert.equal(DEFAULT_PLAN.maxBytes, 52_428_800);
  assert.equal(DEFAULT_PLAN.imagesPerDay, 10_000);
  assert.equal(DEFAULT_PLAN.bytesPerDay, 50_000_000_000);
  assert.equal(DEFAULT_PLAN.allowedTypes.length, 8);
  assert.deepEqual(plans.allCorsOrigins, []);
  assert.equal(plans.topicOf("images"), undefined);
});

test("a tenant's own fields go before the document's, and those before ours", () => {
  const plans = parse({
    default: { maxBytes: 1000, imagesPerDay: 5 },
    tenants: { acme: { maxBytes: 2000 } },
  });
  const { maxBytes, imagesPerDay, maxFrames } = plans.planOf(acme);
  assert.deepEqual([maxBytes, imagesPerDay, maxFrames], [2000, 5, DEFAULT_PLAN.maxFrames]);
  assert.equal(plans.planOf(parseTenant("other")).maxBytes, 1000);
});

test("a tenant whose name is a property of every object has the common plan", () => {
  assert.deepEqual(parse({}).planOf(parseTenant("constructor")), DEFAULT_PLAN);
});

test("topicOf() tells a topic's tenant, and nothing of topics that are not configured", () => {
  const plans = parse({ kafkaTopics: { images: { tenant: "stream" } } });
  const topic = { tenant: "stream", allowTenantHeader: false, defaultSubject: undefined };
  assert.deepEqual(plans.topicOf("images"), topic);
  assert.equal(plans.topicOf("other"), undefined);
  assert.equal(plans.topicOf("constructor"), undefined);
});

test("allCorsOrigins are those of every tenant, each once", () => {
  const plans = parse({
    default: { corsOrigins: ["https://a.example"] },
    tenants: {
      acme: { corsOrigins: ["https://a.example", "http://localhost:5173"] },
      other: { corsOrigins: ["*"] },
    },
  });
  assert.deepEqual(plans.allCorsOrigins, ["https://a.example", "http://localhost:5173", "*"]);
});

test("renditionsOf() is the preset's table where there is one, else the plan's", () => {
  const plans = parse({ default: { presets: { tiny: [{ name: "dot", width: 8, height: 8 }] } } });
  const plan = plans.planOf(acme);
  assert.equal(renditionsOf(plan, "tiny")[0]?.name, "dot");
  assert.equal(renditionsOf(plan, "tiny")[0]?.quality, 80);
  assert.equal(renditionsOf(plan, undefined), DEFAULT_RENDITIONS);
  assert.equal(renditionsOf(plan, "gone"), DEFAULT_RENDITIONS);
  assert.equal(renditionsOf(plan, "constructor"), DEFAULT_RENDITIONS);
});

const twice = { name: "large", width: 1, height: 1 };
for (
  const [what, document, path] of [
    ["an unknown field", { defaults: {} }, ""],
    ["an unknown field of a plan", { default: { maxByte: 1 } }, "default"],
    ["a size of nothing", { default: { maxBytes: 0 } }, "default.maxBytes"],
    ["a fraction", { tenants: { acme: { maxFrames: 1.5 } } }, "tenants.acme.maxFrames"],
    ["an unknown type", { default: { allowedTypes: ["image/bmp"] } }, "default.allowedTypes.0"],
    ["no type at all", { default: { allowedTypes: [] } }, "default.allowedTypes"],
    ["a rendition twice", { default: { renditions: [twice, twice] } }, "default.renditions"],
    [
      "a rendition without a width",
      { default: { presets: { p: [{ name: "x", height: 1 }] } } },
      "default.presets.p.0.width",
    ],
    ["a tenant's name that is none", { tenants: { Acme: {} } }, "tenants.Acme"],
    ["a topic without a tenant", { kafkaTopics: { images: {} } }, "kafkaTopics.images.tenant"],
    [
      "an origin with a path",
      { default: { corsOrigins: ["https://a.example/"] } },
      "default.corsOrigins.0",
    ],
  ] as const
) {
  test(`parseTenantPlans() names the field of ${what}`, () => {
    assert.throws(() => parse(document), (error: unknown) => {
      assert.ok(error instanceof AppError && error.code === "invalid_config");
      assert.ok(error.errors.some((field) => field.path === path), JSON.stringify(error.errors));
      return true;
    });
  });
}

test("parseTenantPlans() refuses a text that is not JSON", () => {
  assert.throws(() => parseTenantPlans("{"), { code: "invalid_config" });
});
