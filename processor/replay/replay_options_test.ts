import { UsageError } from "@tintype/cli/usage_error";
import assert from "node:assert/strict";
import { test } from "node:test";
import { REPLAY, requireSelection } from "./replay_options.ts";

const commandOf = (...args: readonly string[]) => requireSelection(REPLAY.parse(args));

test("replay takes a day or a condition, with a budget of a thousand images", () => {
  const command = commandOf("--day", "2026-11-20");
  const { day, max, dryRun, mayReject, revision, processes } = command;
  assert.deepEqual({ day, max, dryRun, mayReject, revision, processes }, {
    day: "2026-11-20",
    max: 1_000,
    dryRun: false,
    mayReject: false,
    revision: "replay",
    processes: 2,
  });
  const other = commandOf(
    ...["--where", "status = 'failed'", "--max", "5", "--dry-run", "--may-reject"],
  );
  assert.deepEqual([other.where, other.max, other.dryRun], ["status = 'failed'", 5, true]);
});

for (
  const [args, message] of [
    [[], /--day or --where/],
    [["--day", "2026-13-01"], /YYYY-MM-DD/],
    [["--day", "today"], /YYYY-MM-DD/],
    [["--day", "2026-02-30"], /YYYY-MM-DD/],
    [["--where", " "], /must not be empty/],
    [
      ["--day", "2026-11-20", "--max", "0"],
      /--max must be a whole number from 1 to 1000000 \(got "0"\)/,
    ],
    [["--day", "2026-11-20", "--max", "many"], /\(got "many"\)/],
    [["--day", "2026-11-20", "--revision", "a b"], /--revision/],
    [["--nonsense"], /see --help/],
  ] as const
) {
  test(`replay refuses ${args.join(" ") || "nothing"}`, () => {
    assert.throws(
      () => commandOf(...args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test("replay --help names every flag", () => {
  for (const flag of ["day", "where", "max", "dry-run", "may-reject", "revision", "project"]) {
    assert.ok(REPLAY.help.includes(`--${flag} `), flag);
  }
});
