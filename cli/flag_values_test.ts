import assert from "node:assert/strict";
import { resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  duration,
  durationText,
  httpOrigin,
  matching,
  nonEmpty,
  path,
  someOf,
  utcDay,
  wholeNumber,
} from "./flag_values.ts";
import { UsageError } from "./usage_error.ts";

type Case = readonly [
  name: string,
  read: (text: string) => unknown,
  taken: readonly (readonly [text: string, value: unknown])[],
  refused: readonly string[],
];

const CASES: readonly Case[] = [
  ["wholeNumber()", wholeNumber(0, 9), [["0", 0], ["9", 9]], ["10", "-1", "1.5", "", " ", "many"]],
  [
    "duration()",
    duration(10_000, 604_800_000),
    [["90s", 90_000], ["7d", 604_800_000], ["2h", 7_200_000], ["10m", 600_000]],
    ["8d", "5s", "week", "10", ""],
  ],
  [
    "httpOrigin()",
    httpOrigin,
    [["http://localhost:1234/", "http://localhost:1234"], ["https://a.b", "https://a.b"]],
    ["localhost", "ftp://localhost", "http://a.b/v1", "http://a.b/?to=1"],
  ],
  [
    "utcDay()",
    utcDay,
    [["2026-11-20", "2026-11-20"]],
    ["2026-13-01", "today", "2026-02-30", "2026-1-1"],
  ],
  ["path()", path, [["/a", "/a"], ["b", resolve(process.env["INIT_CWD"] ?? ".", "b")]], ["", " "]],
  ["nonEmpty()", nonEmpty, [["a", "a"]], ["", " "]],
  ["matching()", matching(/^\w+$/, "be a word"), [["a", "a"]], ["a b"]],
  [
    "someOf()",
    someOf(["edge", "kafka"]),
    [["kafka, edge", ["edge", "kafka"]], ["edge", ["edge"]]],
    ["window", "edge,", ""],
  ],
];

for (const [name, read, taken, refused] of CASES) {
  test(`${name} reads what it should and refuses everything else`, () => {
    for (const [text, value] of taken) assert.deepEqual(read(text), value);
    for (const text of refused) {
      assert.throws(
        () => read(text),
        (error) => error instanceof UsageError && error.message.startsWith("must "),
        text,
      );
    }
  });
}

test("durationText() takes the largest whole unit", () => {
  assert.deepEqual([90_000, 604_800_000, 7_200_000].map(durationText), ["90s", "7d", "2h"]);
});
