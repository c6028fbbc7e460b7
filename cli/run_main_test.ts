import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { describeError } from "./run_main.ts";

const COMMAND = fileURLToPath(new URL("_command_fixture.ts", import.meta.url));

const run = (...args: readonly string[]) => runIn({}, ...args);

function runIn(variables: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...variables, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

test("runMain() ends with the command's code, and prints help for --help wherever it stands", () => {
  assert.deepEqual(run("--code", "0"), { status: 0, stdout: "ran\n", stderr: "" });
  assert.equal(run("--code", "1").status, 1);
  const { status, stdout } = run("--code", "--help");
  assert.equal(status, 0);
  assert.match(stdout, /^Usage: deno task fixture \[options\]\n/);
});

test("runMain() ends with 2 and one line for a wrong call, with 1 for a failure", () => {
  assert.deepEqual(run("--cod", "0"), {
    status: 2,
    stdout: "",
    stderr: "Cannot run fixture: Unknown option '--cod': did you mean --code?\n",
  });
  assert.deepEqual(run("--fails"), {
    status: 1,
    stdout: "",
    stderr: "Cannot read it: connection lost\n",
  });
});

test("runMain() refuses a port offset of the local system that cannot work", () => {
  const { status, stdout, stderr } = runIn({ TINTYPE_PORT_OFFSET: "2000" }, "--code", "0");
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^Cannot use TINTYPE_PORT_OFFSET=2000: [^\n]+\n$/);
});

test("describeError() names each cause once, and shows the stack of a mistake", () => {
  const cause = new Error("connection lost", { cause: "reset" });
  const wrapped = new Error("Cannot read: connection lost", { cause });
  assert.equal(describeError(wrapped), "Cannot read: connection lost: reset");
  const fetched = new TypeError("fetch failed", { cause });
  assert.equal(describeError(fetched), "fetch failed: connection lost: reset");
  assert.match(describeError(new TypeError("x is not a function")), /x is not .*\n +at /);
});
