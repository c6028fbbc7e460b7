import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Column, columnFaults } from "./column_faults.ts";

const RENDITIONS: Column = {
  name: "renditions",
  type: "RECORD",
  mode: "REPEATED",
  fields: [{ name: "width", type: "INT64", mode: "NULLABLE" }],
};
const WANTED: readonly Column[] = [
  { name: "image_id", type: "STRING", mode: "REQUIRED" },
  { name: "owner", type: "STRING", mode: "NULLABLE" },
  { name: "bytes", type: "INT64" },
  RENDITIONS,
];

test("columnFaults() takes the very table, its types by their older names, and columns on top", () => {
  const older: Column[] = [
    { name: "extra", type: "FLOAT", mode: "NULLABLE" },
    { name: "image_id", type: "STRING", mode: "REQUIRED" },
    { name: "owner", type: "STRING" },
    { name: "bytes", type: "INTEGER", mode: "NULLABLE" },
    { ...RENDITIONS, fields: [{ name: "width", type: "INTEGER" }] },
  ];
  assert.deepEqual(columnFaults(WANTED, WANTED), []);
  assert.deepEqual(columnFaults(WANTED, older), []);
});

test("columnFaults() names what a record could not be written into", () => {
  const live: Column[] = [
    { name: "image_id", type: "STRING" },
    { name: "owner", type: "STRING", mode: "REQUIRED" },
    { name: "bytes", type: "STRING" },
    { ...RENDITIONS, fields: [] },
    { name: "sha256", type: "STRING", mode: "REQUIRED" },
  ];
  assert.deepEqual(columnFaults(WANTED, live), [
    "owner must be nullable (is REQUIRED)",
    "bytes must be INT64 (is STRING)",
    "renditions.width is missing",
    "sha256 is REQUIRED and in no record",
  ]);
  const counted: Column[] = [{ name: "renditions", type: "INTEGER" }];
  assert.deepEqual(columnFaults([RENDITIONS], counted), [
    "renditions must be REPEATED RECORD (is INT64)",
  ]);
  assert.deepEqual(columnFaults(WANTED, []).length, WANTED.length);
});

test("columnFaults() takes each table of the schema files as it is", () => {
  for (const table of ["images", "purges"]) {
    const file = new URL(`../bigquery/schemas/${table}.json`, import.meta.url);
    const columns: Column[] = JSON.parse(readFileSync(file, "utf8"));
    assert.deepEqual(columnFaults(columns, columns), []);
  }
});
