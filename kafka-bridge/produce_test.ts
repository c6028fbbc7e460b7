import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startProgram } from "@tintype/core/testing/start_program";

const CALLS: readonly (readonly [args: readonly string[], code: number, errors: string])[] = [
  [[], 2, "Cannot run produce: takes at least 1 DIR|FILE (got 0): see --help\n"],
  [["/no/such/folder"], 2, "Cannot send /no/such/folder: it does not exist\n"],
  [
    ["--brokers", "127.0.0.1:9", fileURLToPath(import.meta.url)],
    2,
    "Nothing answers at 127.0.0.1:9: start the local system with `npx deno task start`\n",
  ],
  [["--help"], 0, ""],
];

for (const [args, code, errors] of CALLS) {
  test(`produce ${args.slice(0, 2).join(" ") || "without a picture"} ends with ${code}, and one line where the call is wrong`, async () => {
    const child = startProgram(["kafka-bridge/produce.ts", ...args]);
    assert.deepEqual([await child.ended, child.errors()], [code, errors]);
  });
}
