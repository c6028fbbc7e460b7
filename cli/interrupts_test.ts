import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COMMAND = "node_modules/.bin/deno run --allow-all cli/_command_fixture.ts --drain";
const hasScript = spawnSync("script", ["--version"]).status === 0;
const skip = hasScript ? false : "needs script of util-linux";

/** What a terminal shows of the command behind its launcher, which SIGINT would end at once. */
async function atTerminal(...keys: readonly string[]): Promise<string> {
  const line = `${COMMAND}; echo prompt $?`;
  const terminal = spawn("script", ["--quiet", "--command", line, "/dev/null"], { cwd: ROOT });
  let shown = "";
  for await (const chunk of terminal.stdout) {
    const before = shown;
    shown += chunk;
    for (const [index, mark] of ["ran\r\n", "Ending\r\n"].entries()) {
      const isNew = shown.includes(mark) && !before.includes(mark);
      if (isNew && keys[index] !== undefined) terminal.stdin.write(keys[index]);
    }
    if (/prompt \d+/.test(shown)) terminal.stdin.end();
  }
  return shown;
}

test(
  "Ctrl-C at a terminal gives the prompt back when the command has ended",
  { skip },
  async () => {
    assert.match(await atTerminal("\x03"), /ran\s+Ending\s+drained\s+prompt 0\s/);
  },
);

test("a second Ctrl-C at a terminal ends the command at once", { skip }, async () => {
  assert.match(await atTerminal("\x03", "\x03"), /ran\s+Ending\s+prompt 130\s/);
});
