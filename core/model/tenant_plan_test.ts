import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { DEFAULT_RENDITIONS } from "./rendition.ts";
import { DEFAULT_PLAN, parseTenantDocument, planOf, renditionsOf } from "./tenant_plan.ts";

const parse = (document: unknown) =>
  parseTenantDocument(new TextEncoder().encode(JSON.stringify(document)));

test("an empty document is all defaults, those of DESIGN", () => {
  assert.deepEqual(planOf(parse({})), DEFAULT_PLAN);
  assert.deepEqual(planOf(), DEFAULT_PLAN);
  const { maxBytes, imagesPerDay, bytesPerDay, allowedTypes } = DEFAULT_PLAN;
  const numbers = [maxBytes, imagesPerDay, bytesPerDay, allowedTypes.length];
  assert.deepEqual(numbers, [52_428_800, 10_000, 50_000_000_000, 8]);
});

test("a tenant's own fields go before the default's, and those before ours", () => {
  const documents = [{ maxBytes: 1000, imagesPerDay: 5 }, { maxBytes: 2000 }].map(parse);
  const closed = [{ closed: ["kafka"] }, { closed: ["edge"] }].map(parse);
  assert.deepEqual(planOf(...closed).closed, ["kafka", "edge"], "the tenant's own opens nothing");
  const { maxBytes, imagesPerDay, maxFrames } = planOf(...documents);
  assert.deepEqual([maxBytes, imagesPerDay, maxFrames], [2000, 5, DEFAULT_PLAN.maxFrames]);
});

test("a tenant's erasures are ten times its images, where nothing else is said", () => {
  const erasuresOf = (...documents: readonly object[]) =>
    planOf(...documents.map(parse)).erasuresPerDay;
  assert.equal(erasuresOf(), 100_000);
  assert.equal(erasuresOf({ imagesPerDay: 7 }), 70);
  assert.equal(erasuresOf({ imagesPerDay: 7 }, { imagesPerDay: 2 }), 20);
  assert.equal(erasuresOf({ erasuresPerDay: 3 }, { imagesPerDay: 2 }), 3);
  assert.equal(erasuresOf({ erasuresPerDay: 3 }, { erasuresPerDay: 4 }), 4);
});

test("a tenant's Kafka topics are no part of its plan, and refuse other tenants by default", () => {
  const document = parse({ kafkaTopics: { images: {}, other: { defaultSubject: "camera" } } });
  assert.deepEqual(planOf(document), DEFAULT_PLAN);
  assert.deepEqual(document.kafkaTopics, {
    images: { allowTenantHeader: false },
    other: { allowTenantHeader: false, defaultSubject: "camera" },
  });
});

test("renditionsOf() is the preset's table where there is one, else the plan's", () => {
  const plan = planOf(parse({ presets: { tiny: [{ name: "dot", width: 8, height: 8 }] } }));
  assert.equal(renditionsOf(plan, "tiny")[0]?.name, "dot");
  assert.equal(renditionsOf(plan, "tiny")[0]?.quality, 80);
  assert.equal(renditionsOf(plan, undefined), DEFAULT_RENDITIONS);
  assert.equal(renditionsOf(plan, "gone"), DEFAULT_RENDITIONS);
  assert.equal(renditionsOf(plan, "constructor"), DEFAULT_RENDITIONS);
});

test("a tenant's endpoints are no part of its plan; they want every type, signed by version 1", () => {
  const document = parse({ webhooks: [{ id: "shop", url: "https://shop.example/hook?x=1" }] });
  assert.deepEqual(planOf(document), DEFAULT_PLAN);
  const types = ["image.ready", "image.rejected", "image.failed", "image.erased"];
  const url = "https://shop.example/hook?x=1";
  assert.deepEqual(document.webhooks, [{ id: "shop", url, types, version: 1 }]);
  for (const local of ["http://localhost:8090/", "http://127.0.0.1:1/", "http://[::1]:1/"]) {
    assert.equal(parse({ webhooks: [{ id: "a", url: local }] }).webhooks?.[0]?.url, local);
  }
});

const webhook = (fields: object) => ({
  webhooks: [{ id: "a", url: "https://a.example", ...fields }],
});
const topic = (images: object) => ({ kafkaTopics: { images } });
const TOPIC = "kafkaTopics.images";
const twice = { name: "large", width: 1, height: 1 };
for (
  const [what, document, path] of [
    ["an unknown field", { maxByte: 1 }, ""],
    ["no object", [], ""],
    ["a size of nothing", { maxBytes: 0 }, "maxBytes"],
    ["a fraction", { maxFrames: 1.5 }, "maxFrames"],
    ["an unknown type", { allowedTypes: ["image/jp2"] }, "allowedTypes.0"],
    ["no type at all", { allowedTypes: [] }, "allowedTypes"],
    ["a rendition twice", { renditions: [twice, twice] }, "renditions"],
    ["a rendition without a width", { presets: { p: [{ name: "x" }] } }, "presets.p.0.width"],
    ["an endpoint without an address", { webhooks: [{ id: "a" }] }, "webhooks.0.url"],
    ["plain HTTP", webhook({ url: "http://a.example" }), "webhooks.0.url"],
    ["another protocol", webhook({ url: "ftp://a.example" }), "webhooks.0.url"],
    ["a password", webhook({ url: "https://u:p@a.example" }), "webhooks.0.url"],
    ["a fragment", webhook({ url: "https://a.example/#x" }), "webhooks.0.url"],
    ["an id that is none", webhook({ id: "A b" }), "webhooks.0.id"],
    ["an unknown event", webhook({ types: ["image.gone"] }), "webhooks.0.types.0"],
    ["no event at all", webhook({ types: [] }), "webhooks.0.types"],
    ["version 0", webhook({ version: 0 }), "webhooks.0.version"],
    ["one version twice", webhook({ previousVersion: 1 }), "webhooks.0.previousVersion"],
    ["an id twice", { webhooks: [...webhook({}).webhooks, ...webhook({}).webhooks] }, "webhooks"],
    ["a topic's name that is none", { kafkaTopics: { "a b": {} } }, "kafkaTopics.a b"],
    ["an unknown field of a topic", topic({ tenant: "x" }), TOPIC],
    ["an empty subject", topic({ defaultSubject: "" }), `${TOPIC}.defaultSubject`],
    ["a subject of no record", topic({ defaultSubject: "{offset}" }), `${TOPIC}.defaultSubject`],
    ["a header that no record has", topic({ headers: { digest: "md5" } }), `${TOPIC}.headers`],
    [
      "an empty acceptance",
      topic({ accept: { retentionHours: 0 } }),
      `${TOPIC}.accept.retentionHours`,
    ],
    ["an origin with a path", { corsOrigins: ["https://a.example/"] }, "corsOrigins.0"],
  ] as const
) {
  test(`parseTenantDocument() names the field of ${what}`, () => {
    assert.throws(() => parse(document), (error) => {
      return isAppError(error, "invalid_config") && error.errors.some((at) => at.path === path);
    });
  });
}

test("parseTenantDocument() refuses a text that is not JSON", () => {
  const bytes = new TextEncoder().encode("{");
  assert.throws(() => parseTenantDocument(bytes), { code: "invalid_config" });
});
