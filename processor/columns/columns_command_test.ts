import assert from "node:assert/strict";
import { test } from "node:test";

const MAIN = new URL("main.ts", import.meta.url).pathname;

async function columns(...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-env=TINTYPE_PORT_OFFSET",
      MAIN,
      ...args,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

test("deno task columns says what is wrong, and ends with 2 for a wrong call", async () => {
  const [none, lost, flag, help] = await Promise.all([
    columns(),
    columns("processor/examples/not_there.ts"),
    columns("--nonsense"),
    columns("--help"),
  ]);
  assert.deepEqual([none.code, lost.code, flag.code, help.code], [2, 1, 2, 0]);
  assert.match(none.stderr, /takes 1 PIPELINE/);
  assert.match(lost.stderr, /not_there\.ts does not load/);
  assert.match(help.stdout, /^Usage: deno task columns PIPELINE/);
});
