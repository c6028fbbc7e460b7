import assert from "node:assert/strict";
import { test } from "node:test";
import { findWords } from "./words.ts";

const DOOR = { pattern: "\\b[Dd]oors?\\b", write: "source", allowed: "--doors" };
const texts = (line: string, path = "a.ts") => [{ path, lines: ["", line] }];

for (
  const [line, found] of [
    ["// Every Door is open.", ["a.ts:2: write source: // Every Door is open."]],
    ["start --doors edge", []],
    ["start --doors edge, one door", ["a.ts:2: write source: start --doors edge, one door"]],
    ["indoors", []],
  ] as const
) {
  test(`findWords() of ${JSON.stringify(line)}`, () => {
    assert.deepEqual(findWords([DOOR], texts(line)), found);
  });
}

test("findWords() passes over an exception, and reports one that is not needed", () => {
  const excepted = [{ ...DOOR, exceptions: { "a.ts": "a contract" } }];
  assert.deepEqual(findWords(excepted, texts("a door")), []);
  assert.match(findWords(excepted, texts("a door", "b.ts"))[1] ?? "", /a\.ts has no .* any more/);
});
