import assert from "node:assert/strict";
import { test } from "node:test";
import { readArguments } from "./read_arguments.ts";

const DEFAULTS = { brokers: "localhost:9092", topic: "images.dlq" };
const read = (...args: string[]) => readArguments(args, DEFAULTS);

test("readArguments() reads what to redrive, and nothing by default but the topic and the brokers", () => {
  const call = read(
    "redrive",
    "--reason",
    "too_large",
    "--reason",
    "internal",
    "2/17",
    "--dry-run",
  );
  assert.equal(call.command, "redrive");
  assert.deepEqual([...call.reasons], ["too_large", "internal"]);
  assert.deepEqual([...call.places], ["2/17"]);
  assert.deepEqual([call.topic, call.brokers, call.dryRun], [
    "images.dlq",
    ["localhost:9092"],
    true,
  ]);
});

const WRONG: readonly (readonly [RegExp, ...string[]])[] = [
  [/without list, show or redrive/],
  [/without list, show or redrive/, "delete"],
  [/takes one place/, "show"],
  [/place is partition\/offset/, "show", "17"],
  [/takes --all, or/, "redrive"],
  [/takes --all, or/, "redrive", "--all", "--reason", "internal"],
  [/--speed/, "list", "--speed"],
  [/--topic is empty/, "list", "--topic", ""],
  [/--brokers .* must be host:port.* current value is ""/, "list", "--brokers", ""],
  [/--brokers .* must be host:port.* current value is "a:1,b"/, "list", "--brokers", "a:1,b"],
];

for (const [message, ...args] of WRONG) {
  test(`readArguments() refuses ${args.join(" ") || "nothing"} with a line that says why`, () => {
    assert.throws(() => read(...args), message);
  });
}
