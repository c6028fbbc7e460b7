import assert from "node:assert/strict";
import { test } from "node:test";
import { produceCommand } from "./read_arguments.ts";

const read = (args: readonly string[], brokers?: string) =>
  produceCommand({ KAFKA_BROKERS: brokers }).parse(args);

test("produce takes what is not said from the defaults", () => {
  assert.deepEqual(read(["pictures"]), {
    brokers: ["localhost:9092"],
    topic: "images",
    subject: "producer",
    chunkBytes: undefined,
    json: false,
    words: ["pictures"],
  });
});

test("produce takes several brokers, files and every option", () => {
  const args = ["--brokers", "a:1, b:2", "--topic", "t", "--subject", "s", "--json", "x", "y"];
  const call = read(args);
  assert.deepEqual([call.brokers, call.topic, call.subject], [["a:1", "b:2"], "t", "s"]);
  assert.deepEqual([call.json, call.words], [true, ["x", "y"]]);
});

test("produce refuses no path, an unknown option and an empty name", () => {
  assert.throws(() => read([]), /at least 1 DIR\|FILE/);
  assert.throws(() => read(["--speed", "x"]), /--speed/);
  assert.throws(() => read(["--topic", "", "x"]), /--topic must not be empty/);
  assert.throws(() => read(["--brokers", "a", "x"]), /--brokers .* host:port/);
  assert.throws(() => read(["x"], "a"), /KAFKA_BROKERS\) must be host:port/);
  assert.throws(() => read(["--chunk-bytes", "9", "x"]), /--chunk-bytes must be/);
});
