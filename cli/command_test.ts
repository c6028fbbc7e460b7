import assert from "node:assert/strict";
import { test } from "node:test";
import { defineCommand } from "./command.ts";
import { oneOf, wholeNumber } from "./flag_values.ts";
import { UsageError } from "./usage_error.ts";

const SEND = defineCommand({
  name: "send",
  summary: "Sends files.",
  words: { placeholder: "FILE|DIR", min: 1, max: 2 },
  flags: {
    "at-once N": { about: "how many at a time", parse: wholeNumber(1, 16), default: "4" },
    "reason CODE": { about: "only these", many: true },
    "to SOURCE": { about: "where to", parse: oneOf(["edge", "kafka"]) },
    "as NAME": "who sends",
    "dry-run": "send nothing",
  },
  exitCodes: { 0: "all are sent" },
});
const BARE = defineCommand({ name: "bare", summary: "Does it.", flags: {} });

test("parse() reads switches, values, repeated values, defaults and words", () => {
  const nothing = { atOnce: 4, reason: [], to: undefined, as: undefined, dryRun: false };
  assert.deepEqual(SEND.parse(["a"]), { ...nothing, words: ["a"] });
  const args = ["--reason", "x", "a", "--reason=-y", "--at-once", "7", "--dry-run", "--", "--b"];
  assert.deepEqual(SEND.parse(args), {
    ...nothing,
    ...{ atOnce: 7, reason: ["x", "-y"], dryRun: true, words: ["a", "--b"] },
  });
});

const WRONG: readonly (readonly [args: readonly string[], message: string])[] = [
  [["a", "--at-onec", "3"], "Unknown option '--at-onec': did you mean --at-once?"],
  [["a", "--dry"], "Unknown option '--dry': did you mean --dry-run?"],
  [["a", "--hepl"], "Unknown option '--hepl': did you mean --help?"],
  [["a", "--constructor"], "Unknown option '--constructor': see --help"],
  [["a", "-x"], "Unknown option '-x': see --help"],
  [["a", "--dry-run=yes"], "Option '--dry-run' does not take an argument: see --help"],
  [["a", "--to"], "Option '--to' argument missing: see --help"],
  [["a", "--to", "--dry-run"], "Option '--to' argument is ambiguous: see --help"],
  [["a", "--at-once", "0"], '--at-once must be a whole number from 1 to 16 (got "0")'],
  [["a", "--to", "edeg"], '--to must be one of edge, kafka; did you mean edge? (got "edeg")'],
  [[], "takes at least 1 FILE|DIR (got 0): see --help"],
  [["a", "b", "c"], "takes at most 2 FILE|DIR (got 3): see --help"],
];

for (const [args, message] of WRONG) {
  test(`parse() refuses ${args.join(" ") || "no word"} in one line`, () => {
    assert.throws(
      () => SEND.parse(args),
      (error) =>
        error instanceof UsageError &&
        // Node says `--to <value>`, Deno `--to`.
        error.message.replace(" <value>", "") === `Cannot run send: ${message}`,
    );
  });
}

test("a required flag is part of the usage, and a call without it is refused", () => {
  const flag = { about: "which one", required: true } as const;
  const show = defineCommand({ name: "show", summary: "Shows it.", flags: { "id ID": flag } });
  assert.match(show.help, /^Usage: deno task show --id ID \[options\]\n/);
  assert.equal(show.parse(["--id", "1"]).id, "1");
  assert.throws(() => show.parse([]), /^UsageError: Cannot run show: --id is required/);
});

test("parse() refuses words where a command takes none", () => {
  assert.throws(() => BARE.parse(["now"]), /Unexpected argument 'now': see --help$/);
});

test("help names every flag, its default, and what the exit codes mean", () => {
  assert.equal(
    SEND.help,
    `Usage: deno task send FILE|DIR... [options]

Sends files.

  --at-once N    how many at a time (default: 4)
  --reason CODE  only these; may be repeated
  --to SOURCE    where to
  --as NAME      who sends
  --dry-run      send nothing
  --help         print this text

Exit codes: 0 all are sent; 1 failed; 2 wrong call, or nothing answers.`,
  );
  assert.match(BARE.help, /^Usage: deno task bare\n/);
});

test("help wraps long texts, and keeps a longer word whole", () => {
  const summary = `${"word ".repeat(40)}${"x".repeat(120)}`;
  const lines = defineCommand({ name: "long", summary, flags: { "to URL": summary } }).help
    .split("\n");
  assert.deepEqual(lines.filter((line) => line.length > 100).map((line) => line.trim()), [
    ...["x".repeat(120), "x".repeat(120)],
  ]);
  assert.equal(lines.join(" ").match(/word/g)?.length, 80);
});
