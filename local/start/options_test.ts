import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOptions, UsageError } from "./options.ts";

test("parseOptions() takes folders from where the command was called", () => {
  const options = parseOptions(["--images", "photos", "--data", "/var/state"], "/home/anna");
  assert.ok(options !== "help");
  assert.equal(options.images, "/home/anna/photos");
  assert.equal(options.data, "/var/state");
});

for (const option of ["images", "data"]) {
  test(`parseOptions() refuses --${option} without a name, which would be the project's folder`, () => {
    assert.throws(
      () => parseOptions([`--${option}`, ""], "/home/anna"),
      (error) => error instanceof UsageError && error.message.includes(`--${option}`),
    );
  });
}

test("parseOptions() opens every door where none is named, and keeps for seven days in a fresh folder", () => {
  const options = parseOptions([], "/home/anna");
  assert.ok(options !== "help");
  const { doors, doorsAsked, retentionMs, retentionShortened, data, images } = options;
  assert.deepEqual(doors, ["edge", "kafka"]);
  assert.equal(retentionMs, 604_800_000);
  assert.deepEqual({ doorsAsked, retentionShortened }, {
    doorsAsked: false,
    retentionShortened: false,
  });
  assert.deepEqual({ data, images }, { data: undefined, images: undefined });
});
