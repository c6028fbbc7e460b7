import assert from "node:assert/strict";
import { test } from "node:test";
import { readArguments } from "./read_arguments.ts";

test("readArguments() takes what is not said from the defaults", () => {
  assert.deepEqual(readArguments(["pictures"], "localhost:9092"), {
    brokers: ["localhost:9092"],
    topic: "images",
    subject: "producer",
    chunkBytes: undefined,
    json: false,
    help: false,
    paths: ["pictures"],
  });
});

test("readArguments() takes several brokers, files and every option", () => {
  const args = ["--brokers", "a:1, b:2", "--topic", "t", "--subject", "s", "--json", "x", "y"];
  const read = readArguments(args, "localhost:9092");
  assert.deepEqual([read.brokers, read.topic, read.subject], [["a:1", "b:2"], "t", "s"]);
  assert.deepEqual([read.json, read.paths], [true, ["x", "y"]]);
});

test("readArguments() refuses no path, an unknown option and an empty name", () => {
  assert.throws(() => readArguments([], "a:1"), /no DIR or FILE/);
  assert.throws(() => readArguments(["--speed", "x"], "a:1"), /--speed/);
  assert.throws(() => readArguments(["--topic", "", "x"], "a:1"), /--topic is empty/);
  assert.throws(() => readArguments(["--brokers", "a", "x"], "a:1"), /--brokers .* host:port/);
  assert.throws(() => readArguments(["x"], "a"), /KAFKA_BROKERS\) must be host:port/);
  assert.throws(() => readArguments(["--chunk-bytes", "9", "x"], "a:1"), /--chunk-bytes must be/);
});

test("readArguments() wants no path for --help", () => {
  assert.equal(readArguments(["--help"], "a:1").help, true);
});
