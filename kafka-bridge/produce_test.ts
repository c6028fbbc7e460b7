import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startProgram } from "@tintype/core/testing/start_program";

async function produce(...args: string[]) {
  const child = startProgram(["kafka-bridge/produce.ts", ...args]);
  return { code: await child.ended, errors: child.errors() };
}

test("produce ends with 2 and one line where the call is wrong", async () => {
  const [nothing, nowhere] = await Promise.all([produce(), produce("/no/such/folder")]);
  assert.deepEqual(nothing, {
    code: 2,
    errors: "Cannot run produce: takes at least 1 DIR|FILE (got 0): see --help\n",
  });
  assert.deepEqual(nowhere, {
    code: 2,
    errors: "Cannot send /no/such/folder: it does not exist\n",
  });
});

test("produce ends with 2 and one line where no broker answers on this machine", async () => {
  const { code, errors } = await produce(
    "--brokers",
    "127.0.0.1:9",
    fileURLToPath(import.meta.url),
  );
  assert.equal(code, 2);
  assert.equal(
    errors,
    "Nothing answers at 127.0.0.1:9: start the local system with `npx deno task start`\n",
  );
});

test("produce --help ends with 0", async () => {
  assert.deepEqual(await produce("--help"), { code: 0, errors: "" });
});
