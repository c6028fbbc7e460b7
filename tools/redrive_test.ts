import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LOOKED = "/_local/push /queries";
const DONE = `${LOOKED} /_local/push/redrive /_local/scheduler`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tintype-redrive-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs the command with nobody at the keyboard and this folder's programs alone. */
async function redrive(...args: readonly string[]) {
  const child = spawn(process.execPath, ["task", "--quiet", "redrive", ...args], {
    cwd: ROOT,
    env: { PATH: folder, HOME: process.env["HOME"], NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

async function installProgram(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o700);
}

/** Puts a curl there that notes where it is sent, and fails for addresses that end so. */
async function installCurl({ failsFor = "nothing" } = {}): Promise<() => Promise<string>> {
  const calls = join(folder, "calls");
  const script = `for url; do :; done
echo "$url" >> '${calls}'
case "$url" in *${failsFor}) echo 'curl: (7) Failed to connect' >&2; exit 7 ;; esac
echo '{"dead":1}'
`;
  await writeFile(calls, "");
  await installProgram("curl", script);
  return async () => {
    const urls = (await readFile(calls, "utf8")).trim().split("\n");
    return urls.map((url) => url.replace(/^http:\/\/localhost:\d+(\/bigquery.*(?=\/))?/, ""))
      .join(" ");
  };
}

test("redrive answers a wrong call with one line and 2, and --help with 0", async () => {
  for (const args of [["--nothing"], ["--only", "mail"]]) {
    const { code, stdout, stderr } = await redrive(...args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^(Unknown|Cannot) .*\n$/);
  }
  const { code, stdout, stderr } = await redrive("--help");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Usage: deno task redrive .*--dry-run .*Exit codes: 0 /s);
});

test("redrive says which program is missing, and does nothing", async () => {
  const { code, stdout, stderr } = await redrive("--only", "events", "--yes");
  assert.equal(code, 2);
  assert.match(stdout, /Cannot run curl: it is not installed\n/);
  assert.match(stderr, /\nNothing was done: not every place could be looked at .*\n$/);
});

test("redrive does nothing anywhere where one place cannot be looked at", async () => {
  const callsOf = await installCurl({ failsFor: "/push" });
  const { code, stdout, stderr } = await redrive("--yes", "--bridge", "http://localhost:1");
  assert.equal(code, 2);
  assert.match(stdout, /^ {4}curl: \(7\) Failed to connect$/m);
  assert.match(stdout, /^ {4}Nothing answers at localhost:9023: start the local system with/m);
  assert.match(stdout, /^ {4}Nothing answers at localhost:1: start the local system with/m);
  assert.match(stderr, /\nNothing was done: not every place could be looked at .*\n$/);
  assert.equal(await callsOf(), LOOKED);
});

test("redrive only looks with --dry-run, and where nobody says yes", async () => {
  const callsOf = await installCurl();
  const dry = await redrive("--only", "events", "--dry-run");
  assert.deepEqual([dry.code, dry.stderr], [0, ""]);
  assert.match(dry.stdout, /^ {4}dead: 1$/m);
  const unasked = await redrive("--only", "events");
  assert.equal(unasked.code, 1);
  assert.match(unasked.stderr, /\nNothing was done: the answer was not yes .*\n$/);
  assert.equal(await callsOf(), `${LOOKED} ${LOOKED}`);
});

test("redrive --yes runs what it named, and says where that failed", async () => {
  const callsOf = await installCurl();
  const done = await redrive("--only", "events", "--yes");
  assert.deepEqual([done.code, done.stderr], [0, ""]);
  assert.equal(await callsOf(), DONE);
  const failingCallsOf = await installCurl({ failsFor: "/scheduler" });
  const failed = await redrive("--only", "events", "--yes");
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /\nNot everything was done: the last command ended with 7\.\n$/);
  assert.equal(await failingCallsOf(), DONE);
});
