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
    "at-once": {
      placeholder: "N",
      default: "4",
      parse: wholeNumber(1, 16),
      description: "how many at a time",
    },
    "reason": { placeholder: "CODE", multiple: true, description: "only these" },
    "to": { placeholder: "SOURCE", parse: oneOf(["edge", "kafka"]), description: "where to" },
    "dry-run": { description: "send nothing" },
  },
  exitCodes: { 0: "all are sent" },
});
const BARE = defineCommand({ name: "bare", summary: "Does it.", flags: {} });

test("parse() reads switches, values, repeated values, defaults and words", () => {
  assert.deepEqual(SEND.parse(["a"]), {
    flags: { "at-once": 4, "reason": [], "to": undefined, "dry-run": false },
    words: ["a"],
  });
  const args = ["--reason", "x", "a", "--reason=-y", "--at-once", "7", "--dry-run", "--", "--b"];
  assert.deepEqual(SEND.parse(args), {
    flags: { "at-once": 7, "reason": ["x", "-y"], "to": undefined, "dry-run": true },
    words: ["a", "--b"],
  });
});

const WRONG: readonly (readonly [args: readonly string[], message: string])[] = [
  [["a", "--at-onec", "3"], "unknown flag --at-onec: did you mean --at-once?"],
  [["a", "--dry"], "unknown flag --dry: did you mean --dry-run?"],
  [["a", "--hepl"], "unknown flag --hepl: did you mean --help?"],
  [["a", "--constructor"], "unknown flag --constructor: see --help"],
  [["a", "-x"], "unknown flag -x: see --help"],
  [["a", "--dry-run=yes"], "--dry-run takes no value"],
  [["a", "--to"], "--to needs a value: --to SOURCE"],
  [["a", "--to", "--dry-run"], "--to needs a value: --to SOURCE"],
  [["a", "--at-once", "0"], '--at-once must be a whole number from 1 to 16 (got "0")'],
  [["a", "--to", "edeg"], '--to must be one of edge, kafka; did you mean edge? (got "edeg")'],
  [[], "takes at least 1 FILE|DIR (got 0): see --help"],
  [["a", "b", "c"], "takes at most 2 FILE|DIR (got 3): see --help"],
];

for (const [args, message] of WRONG) {
  test(`parse() refuses ${args.join(" ") || "no word"} in one line`, () => {
    assert.throws(
      () => SEND.parse(args),
      (error) => error instanceof UsageError && error.message === `Cannot run send: ${message}`,
    );
  });
}

test("a required flag is part of the usage, and a call without it is refused", () => {
  const flag = { placeholder: "ID", required: true, description: "which one" } as const;
  const show = defineCommand({ name: "show", summary: "Shows it.", flags: { id: flag } });
  assert.match(show.help, /^Usage: deno task show --id ID \[options\]\n/);
  assert.equal(show.parse(["--id", "1"]).flags.id, "1");
  assert.throws(() => show.parse([]), /^UsageError: Cannot run show: --id ID is required/);
});

test("parse() refuses words where a command takes none", () => {
  assert.throws(() => BARE.parse(["now"]), /unexpected argument now: see --help$/);
});

test("help names every flag, its default, and what the exit codes mean", () => {
  assert.equal(
    SEND.help,
    `Usage: deno task send FILE|DIR... [options]

Sends files.

  --at-once N    how many at a time (default: 4)
  --reason CODE  only these; may be repeated
  --to SOURCE    where to
  --dry-run      send nothing
  --help         print this text

Exit codes: 0 all are sent; 1 failed; 2 wrong call, or nothing answers.`,
  );
  assert.match(BARE.help, /^Usage: deno task bare\n/);
});

test("help wraps long texts, and puts the text of a long flag below it", () => {
  const { help } = defineCommand({
    name: "long",
    summary: "word ".repeat(40).trim(),
    flags: {
      "a-flag-with-a-long-name": { placeholder: "BUCKET", description: "text ".repeat(40).trim() },
    },
  });
  const lines = help.split("\n");
  assert.ok(lines.every((line) => line.length <= 100));
  assert.ok(lines.includes("  --a-flag-with-a-long-name BUCKET"));
});
