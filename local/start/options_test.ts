import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { UsageError } from "@tintype/cli/usage_error";
import { START, startOptionsOf } from "./options.ts";

const optionsOf = (...args: readonly string[]) => startOptionsOf(START.parse(args));
process.env["INIT_CWD"] = "/home/anna";

test("start takes folders from where the command was called", () => {
  const options = optionsOf("--images", "photos", "--data", "/var/state");
  assert.equal(options.images, "/home/anna/photos");
  assert.equal(options.data, "/var/state");
});

for (const option of ["images", "data"]) {
  test(`start refuses --${option} without a name, which would be the project's folder`, () => {
    assert.throws(
      () => optionsOf(`--${option}`, ""),
      (error) => error instanceof UsageError && error.message.includes(`--${option}`),
    );
  });
}

test("start uses every source where none is named, and keeps for seven days in a fresh folder", () => {
  const options = optionsOf();
  const { doors, doorsAsked, retentionMs, retention, data, images } = options;
  assert.deepEqual(doors, ["edge", "kafka"]);
  assert.equal(retentionMs, 604_800_000);
  assert.deepEqual({ doorsAsked, retention }, {
    doorsAsked: false,
    retention: undefined,
  });
  assert.deepEqual({ data, images }, { data: undefined, images: undefined });
});
