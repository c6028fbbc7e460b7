import assert from "node:assert/strict";
import { test } from "node:test";
import { type CommandLine, runCommand } from "./run_command.ts";

const evaluate = (code: string): CommandLine => [Deno.execPath(), "eval", code];

test("runCommand() keeps what both streams say and the exit code", async () => {
  const result = await runCommand(
    evaluate('console.log("out"); console.error("err"); Deno.exit(3)'),
  );
  assert.equal(result.code, 3);
  assert.match(result.output, /out/);
  assert.match(result.output, /err/);
  assert.equal(result.timedOut, false);
});

test("runCommand() hands over the environment and turns colours off", async () => {
  const { output } = await runCommand(
    evaluate('console.log(Deno.env.get("WORD"), Deno.env.get("NO_COLOR"))'),
    { env: { WORD: "hello" } },
  );
  assert.equal(output, "hello 1\n");
});

test("runCommand() stops a program at its limit, with what that started", async () => {
  const { output, timedOut, elapsedMs } = await runCommand(
    ["sh", "-c", "sleep 60 & echo $!; wait"],
    { limitMs: 300 },
  );
  assert.equal(timedOut, true);
  assert.ok(elapsedMs < 10_000, `took ${elapsedMs} ms`);
  await assert.rejects(() => waitUntilRunning(Number(output)), /NotFound|ESRCH|no such process/i);
});

test("runCommand() ends a program with what that started when it is interrupted, and throws why", async () => {
  const ending = new AbortController();
  setTimeout(() => ending.abort(new Error("interrupted")), 300);
  const folder = await Deno.makeTempDir();
  const command = ["sh", "-c", `sleep 60 & echo $! > ${folder}/pid; wait`] as const;
  await assert.rejects(runCommand(command, ending), /^Error: interrupted$/);
  const pid = Number(await Deno.readTextFile(`${folder}/pid`));
  await Deno.remove(folder, { recursive: true });
  await assert.rejects(() => waitUntilRunning(pid), /NotFound|ESRCH|no such process/i);
});

test("runCommand() says what is not installed, with a shell's code", async () => {
  const { code, output } = await runCommand(["tintype-no-such-program"]);
  assert.deepEqual([code, output], [
    127,
    "Cannot run tintype-no-such-program: it is not installed\n",
  ]);
});

test("runCommand() does not wait for a child that outlives the program", async () => {
  const { elapsedMs } = await runCommand(["sh", "-c", "sleep 60 & echo started"]);
  assert.ok(elapsedMs < 10_000, `took ${elapsedMs} ms`);
});

/** Rejects once no process has this id; resolves where it still runs after five seconds. */
async function waitUntilRunning(pid: number): Promise<void> {
  const endMs = Date.now() + 5_000;
  while (Date.now() < endMs) {
    const state = await Deno.readTextFile(`/proc/${pid}/stat`);
    if (state.split(" ")[2] === "Z") throw new Error("no such process: it has ended");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
