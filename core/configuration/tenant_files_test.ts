import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { checkTenantFiles, parseOrigins, parseTopics } from "./tenant_files.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const check = (documents: Readonly<Record<string, unknown>>) =>
  checkTenantFiles(
    new Map(Object.entries(documents).map(([name, value]) => [name, encode(value)])),
  );

test("checkTenantFiles() makes the origins of all, each once, and whose each topic is", () => {
  const { documents, generated } = check({
    _default: { corsOrigins: ["https://b.example"] },
    acme: { corsOrigins: ["https://b.example", "http://localhost:5173"], maxBytes: 1 },
    stream: {
      kafkaTopics: { images: {}, other: { allowTenantHeader: true, defaultSubject: "s" } },
    },
  });
  assert.equal(documents.get("acme")?.maxBytes, 1);
  const bytes = (name: string) => generated.get(name) ?? assert.fail(name);
  const origins = ["http://localhost:5173", "https://b.example"];
  assert.deepEqual(parseOrigins(bytes("_origins")), origins);
  assert.deepEqual([...parseTopics(bytes("_topics"))], [
    ["images", { tenant: "stream", allowTenantHeader: false, defaultSubject: undefined }],
    ["other", { tenant: "stream", allowTenantHeader: true, defaultSubject: "s" }],
  ]);
  const { generated: none } = check({});
  for (const bytes of [none.get("_origins") ?? assert.fail(), null]) {
    assert.deepEqual(parseOrigins(bytes), []);
  }
  for (const bytes of [none.get("_topics") ?? assert.fail(), null]) {
    assert.deepEqual(parseTopics(bytes), new Map());
  }
});

test("checkTenantFiles() names every wrong field of every object, by file", () => {
  const files = new Map([
    ["Acme", encode({})],
    ["_origins", encode({})],
    ["a", encode({ maxBytes: 0, kafkaTopics: { images: { tenant: "a" } } })],
    ["b", encode({ kafkaTopics: { images: {} } })],
    ["c", encode({ kafkaTopics: { images: {} } })],
    ["d", new TextEncoder().encode("{")],
    ["_default", encode({ kafkaTopics: { other: {} }, webhooks: [] })],
  ]);
  assert.throws(() => checkTenantFiles(files), (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === "invalid_config");
    assert.deepEqual(error.errors.map(({ path }) => path).toSorted(), [
      "Acme.json",
      "_default.json/kafkaTopics.other",
      "_default.json/webhooks",
      "_origins.json",
      "a.json/kafkaTopics.images",
      "a.json/maxBytes",
      "c.json/kafkaTopics.images",
      "d.json",
    ]);
    assert.ok(error.errors.every(({ path }) => error.message.includes(path)));
    return true;
  });
});

for (
  const [what, parse, document] of [
    ["origins that are no list", parseOrigins, { origins: "*" }],
    ["an unknown field", parseOrigins, { origins: [], more: 1 }],
    ["topics without a tenant", parseTopics, { topics: { images: { allowTenantHeader: true } } }],
    ["a tenant that is none", parseTopics, {
      topics: { images: { tenant: "A", allowTenantHeader: true } },
    }],
  ] as const
) {
  test(`a generated object with ${what} is refused`, () => {
    assert.throws(() => parse(encode(document)), { code: "invalid_config" });
  });
}
