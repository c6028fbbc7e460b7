import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../command.ts";
import { HELP, parseReplayOptions } from "./replay_options.ts";

test("parseReplayOptions() takes a day or a condition, with a budget of a thousand images", () => {
  const command = parseReplayOptions(["--day", "2026-11-20"]);
  assert.ok(command !== "help");
  const { day, max, isDryRun, mayReject, revision, pixelProcesses } = command;
  assert.deepEqual({ day, max, isDryRun, mayReject, revision, pixelProcesses }, {
    day: "2026-11-20",
    max: 1_000,
    isDryRun: false,
    mayReject: false,
    revision: "replay",
    pixelProcesses: 2,
  });
  const other = parseReplayOptions(
    ["--where", "status = 'failed'", "--max", "5", "--dry-run", "--may-reject"],
  );
  assert.ok(other !== "help");
  assert.deepEqual([other.where, other.max, other.isDryRun], ["status = 'failed'", 5, true]);
});

for (
  const [args, message] of [
    [[], /--day or --where/],
    [["--day", "2026-13-01"], /YYYY-MM-DD/],
    [["--day", "today"], /YYYY-MM-DD/],
    [["--day", "2026-02-30"], /YYYY-MM-DD/],
    [["--where", " "], /must not be empty/],
    [["--day", "2026-11-20", "--max", "0"], /--max must be from 1 to 1000000: it is 0/],
    [["--day", "2026-11-20", "--max", "many"], /it is many/],
    [["--day", "2026-11-20", "--revision", "a b"], /--revision/],
    [["--nonsense"], /--help lists the options/],
  ] as const
) {
  test(`parseReplayOptions() refuses ${args.join(" ") || "nothing"}`, () => {
    assert.throws(
      () => parseReplayOptions(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test("parseReplayOptions() answers help, which names every flag", () => {
  assert.equal(parseReplayOptions(["--help"]), "help");
  for (const flag of ["day", "where", "max", "dry-run", "may-reject", "revision", "project"]) {
    assert.ok(HELP.includes(`--${flag} `), flag);
  }
});
