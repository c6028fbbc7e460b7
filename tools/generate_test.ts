import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "./run_command.ts";

const PROGRAM = new URL("generate.ts", import.meta.url).href;
const generate = (flag: string) =>
  runCommand([Deno.execPath(), "run", "--allow-all", PROGRAM, flag]);

test("generate says what it writes, and writes nothing for what it does not know", async () => {
  const help = await generate("--help");
  assert.equal(help.code, 0);
  assert.match(help.output, /^Usage: deno task generate\n/);
  assert.equal((await generate("--nonsense")).code, 2);
});
