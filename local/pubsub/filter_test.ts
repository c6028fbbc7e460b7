import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "./filter.ts";

const MESSAGE = { type: "image.ready", source: "kafka", empty: "", "a/b": 'say "yes"' };

const PASSED = [
  "",
  "attributes:type",
  "attributes:empty",
  'attributes.source = "kafka"',
  'attributes.source="kafka"',
  'attributes.source != "edge"',
  'attributes.other != "edge"',
  'attributes."a/b" = "say \\"yes\\""',
  'hasPrefix(attributes.type, "image.")',
  'NOT attributes.source = "edge"',
  "-attributes:other",
  'attributes:type AND hasPrefix(attributes.type, "image") AND attributes.source != "edge"',
  'attributes.source = "edge" OR attributes.source = "kafka"',
  '(attributes:other OR attributes:type) AND NOT (attributes.source = "edge")',
];

const HELD = [
  "attributes:other",
  'attributes.source = "Kafka"',
  'attributes.source != "kafka"',
  'hasPrefix(attributes.other, "")',
  "NOT attributes:type",
  'attributes:type AND attributes.source = "edge"',
];

const INVALID = [
  "type",
  "attributes",
  "attributes.type",
  'attributes.type = "image.ready',
  "attributes.type = image",
  'attributes.type > "a"',
  "attributes:type and attributes:source",
  "attributes:type AND attributes:source OR attributes:other",
  "(attributes:type",
  "attributes:type)",
  `attributes.type = "${"x".repeat(256)}"`,
];

test("a filter passes what it describes", () => {
  for (const text of PASSED) assert.equal(parseFilter(text)(MESSAGE), true, text);
});

test("a filter holds back what it does not describe", () => {
  for (const text of HELD) assert.equal(parseFilter(text)(MESSAGE), false, text);
});

test("a filter that is none is refused with the place", () => {
  for (const text of INVALID) {
    assert.throws(() => parseFilter(text), { code: "INVALID_ARGUMENT" }, text);
  }
});
