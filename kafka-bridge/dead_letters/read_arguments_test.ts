import assert from "node:assert/strict";
import { test } from "node:test";
import { dlqArgumentsOf, dlqCommand } from "./read_arguments.ts";

const read = (...args: string[]) => dlqArgumentsOf(dlqCommand({}).parse(args));

test("dlq reads what to redrive, and nothing by default but the topic and the brokers", () => {
  const line = "redrive --reason too_large --reason internal 2/17 --dry-run";
  const call = read(...line.split(" "));
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
  [/takes at least 1 of list, show, redrive/],
  [/expected list, show, redrive or skip \(got "delete"\)/, "delete"],
  [/`show` expects exactly one PARTITION\/OFFSET/, "show"],
  [/a PLACE is partition\/offset \(got "17"\)/, "show", "17"],
  [/`skip` expects exactly one TOPIC\/PARTITION\/OFFSET/, "skip", "2/17"],
  [/takes --all, or/, "redrive"],
  [/takes --all, or/, "redrive", "--all", "--reason", "internal"],
  [/--speed/, "list", "--speed"],
  [/--topic must not be empty/, "list", "--topic", ""],
  [/--brokers .* must be host:port.*got ""/, "list", "--brokers", ""],
  [/--brokers .* must be host:port.*got "a:1,b"/, "list", "--brokers", "a:1,b"],
];

for (const [message, ...args] of WRONG) {
  test(`dlq refuses ${args.join(" ") || "nothing"} with a line that says why`, () => {
    assert.throws(() => read(...args), message);
  });
}
