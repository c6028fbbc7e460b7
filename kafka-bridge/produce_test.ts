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
    errors: "Cannot produce as no DIR or FILE is given (--help)\n",
  });
  assert.deepEqual(nowhere, {
    code: 2,
    errors: "Cannot produce as there is no /no/such/folder (--help)\n",
  });
});

test("produce ends with 1 and one line where no broker answers", async () => {
  const { code, errors } = await produce(
    "--brokers",
    "127.0.0.1:9",
    fileURLToPath(import.meta.url),
  );
  assert.equal(code, 1);
  assert.match(
    errors,
    /^Cannot produce: no broker answers at 127\.0\.0\.1:9: .*ECONNREFUSED 127\.0\.0\.1:9\n$/,
  );
});

test("produce --help ends with 0", async () => {
  assert.deepEqual(await produce("--help"), { code: 0, errors: "" });
});
