import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  findPython,
  formatTwins,
  makeTwins,
  readSources,
  SQLGLOT_VERSION,
  type Twin,
  TWINS_PATH,
} from "./generate_twins.ts";

const python = findPython();
const skip = python === null ? `python3 cannot install sqlglot ${SQLGLOT_VERSION}` : false;
const AGAIN = "run node infra/bigquery/generate_twins.ts";

test("each view and statement has its twin under its present text", async () => {
  const twins: Twin[] = JSON.parse(readFileSync(TWINS_PATH, "utf8"));
  const kept = twins.map(({ source, bigquery }) => ({ source, bigquery }));
  assert.deepEqual(kept, await readSources(), AGAIN);
});

test("the committed twins are what sqlglot makes of the BigQuery texts", { skip }, async () => {
  assert.ok(python !== null);
  assert.equal(readFileSync(TWINS_PATH, "utf8"), formatTwins(await makeTwins(python)), AGAIN);
});
