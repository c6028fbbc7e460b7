import assert from "node:assert/strict";
import { test } from "node:test";
import { type Column, columnFaults } from "./column_faults.ts";

const width: Column = { name: "width", type: "INT64", mode: "NULLABLE" };
const RENDITIONS: Column = {
  name: "renditions",
  type: "RECORD",
  mode: "REPEATED",
  fields: [width],
};
const OWNER: Column = { name: "owner", type: "STRING", mode: "NULLABLE" };
const BYTES: Column = { name: "bytes", type: "INT64" };
const WANTED = [OWNER, BYTES, RENDITIONS];

for (
  const [what, live, faults] of [
    ["the very table", WANTED, []],
    ["older names of types, and a column on top", [
      { name: "extra", type: "FLOAT", mode: "NULLABLE" },
      { name: "owner", type: "STRING" },
      { name: "bytes", type: "INTEGER", mode: "NULLABLE" },
      { ...RENDITIONS, fields: [{ name: "width", type: "INTEGER" }] },
    ], []],
    ["what a record cannot be written into", [
      { ...OWNER, mode: "REQUIRED" },
      { ...BYTES, type: "STRING" },
      { ...RENDITIONS, fields: [] },
      { name: "sha256", type: "STRING", mode: "REQUIRED" },
    ], [
      "owner must be nullable (is REQUIRED)",
      "bytes must be INT64 (is STRING)",
      "renditions.width is missing",
      "sha256 is REQUIRED and in no record",
    ]],
    ["a number where a list belongs", [OWNER, BYTES, { name: "renditions", type: "INTEGER" }], [
      "renditions must be REPEATED RECORD (is INT64)",
    ]],
  ] as readonly [string, readonly Column[], readonly string[]][]
) {
  test(`columnFaults() of ${what}`, () => assert.deepEqual(columnFaults(WANTED, live), faults));
}
