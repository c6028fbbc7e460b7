/** `deno task upload` as people run it, against the real edge and the local storage; nobody processes what it sends. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "@tintype/core/testing/eventually";
import { type Edge, openEdge } from "./_edge.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PATIENCE_MS = 60_000;

let edge: Edge;
let token: string;
let folder: string;
const running = new Set<ChildProcess>();
before(async () => {
  edge = await openEdge("command");
  token = await edge.token("commander");
});
afterEach(() => {
  for (const child of running) child.kill("SIGKILL"); // of a test that failed
});
beforeEach(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "tintype-command-"));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await edge?.stop();
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  output(): string;
}

/** Runs the command on Node, where a signal reaches it and no launcher, with its state in the test's folder. */
function upload(...args: readonly string[]): Run {
  return run(process.execPath, [join(ROOT, "client/command/main.ts"), ...args]);
}

/** Runs the task as people do. */
function uploadTask(...args: readonly string[]): Run {
  return run(join(ROOT, "node_modules/.bin/deno"), ["task", "--quiet", "upload", ...args]);
}

function run(program: string, args: readonly string[]): Run {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      XDG_STATE_HOME: folder,
      DENO_DIR: process.env["DENO_DIR"],
      DENO_NO_UPDATE_CHECK: "1",
      INIT_CWD: folder,
      TINTYPE_TOKEN: token,
    },
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  const texts = { out: "", err: "" };
  child.stdout.on("data", (text) => texts.out += text);
  child.stderr.on("data", (text) => texts.err += text);
  const ended = once(child, "close").then(([code]) => ({ code: Number(code), ...texts }));
  return { child, ended, output: () => texts.out };
}

const toEdge = () => ["--to", edge.url, "--no-wait"];

async function picture(name: string, size: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, randomBytes(size));
  return path;
}

function resultsOf(out: string) {
  return out.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

test("upload says what it can do, and refuses wrong calls with code 2 and one line that says what is right", async () => {
  const help = await uploadTask("--help").ended;
  assert.equal(help.code, 0);
  assert.match(help.out, /--watch DIR .*Ctrl-C/);
  await picture("here.jpg", 1_000);
  const address = /--to must be an http or https address without a path/;
  const wrong: readonly (readonly [call: string, words: RegExp])[] = [
    ["", /takes FILE or DIR, or --watch DIR/],
    ["missing.jpg", /Cannot send .*missing\.jpg: it does not exist/],
    ["a.jpg --at-once 0", /--at-once must be a whole number from 1 to 16 \(got "0"\)/],
    ["a.jpg --to http://edge.test/v1", address],
    ["a.jpg --to http://edge.test/?to=1", address],
    ["--watch missing", /Cannot watch .*missing as it is no folder/],
    [`here.jpg --token @missing --to ${edge.url}`, /the token cannot be read: ENOENT.*missing/],
    ["here.jpg --to http://localhost:1", /^Nothing answers at localhost:1: start the local/],
    ["here.jpg --state here.jpg/x", /Cannot remember .*here\.jpg\/x: ENOTDIR/],
  ];
  await Promise.all(wrong.map(async ([call, words]) => {
    const { code, out, err } = await upload(...call.split(" ").filter(Boolean)).ended;
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, words);
    assert.equal(err.trim().split("\n").length, 1);
  }));
});

test("upload sends files and folders, a JSON line for each, and fails with code 1 where one is refused", async () => {
  await mkdir(join(folder, "trip/day"), { recursive: true });
  await picture("trip/one.jpg", 1_000);
  await picture("trip/day/two.png", 700_000);
  await writeFile(join(folder, "trip/notes.txt"), "no picture");
  await picture("three.webp", 3);
  await writeFile(join(folder, "token"), `${token}\n`);
  const good = await uploadTask("trip", "three.webp", "--json", ...toEdge(), "--token", "@token")
    .ended;
  assert.equal(good.code, 0, good.err);
  assert.equal(good.err, "");
  const results = resultsOf(good.out);
  assert.deepEqual(
    results.map(({ file, status, bytes }) => `${file} ${status} ${bytes}`).sort(),
    ["day/two.png uploaded 700000", "one.jpg uploaded 1000", "three.webp uploaded 3"],
  );
  const stored = await edge.storedDigests();
  assert.ok(results.every(({ imageId }) => stored.has(imageId)));
  await picture("empty.gif", 0);
  await mkdir(join(folder, "odd"));
  const latin1 = Buffer.from(join(folder, "odd/caf\xe9\x1b.jpg"), "latin1");
  await writeFile(latin1, "a name that no program of UTF-8 can say");
  const bad = await upload("empty.gif", "three.webp", "odd", ...toEdge()).ended;
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^empty\.gif {2}refused: truncated {2}it has no bytes/m);
  assert.match(bad.out, /^three\.webp {2}uploaded {2}[0-9a-f-]{36}$/m);
  assert.match(bad.out, /^caf\ufffd\\u001b\.jpg {2}refused: unreadable {2}its name is not UTF-8/m);
});

test("upload that Ctrl-C ends goes on where it was when it runs again, and sends nothing twice", async () => {
  const before = (await edge.storedDigests()).size;
  await mkdir(join(folder, "many"));
  await picture("many/a_small.jpg", 1_000);
  await picture("many/b_large.jpg", 3_000_000);
  const slowRest = { method: "PUT", header: "content-range: ^bytes [1-9]" };
  await edge.addFault({ match: slowRest, times: 1, action: { delayMs: PATIENCE_MS } });
  const call = ["many", "--json", "--at-once", "1", "--state", "state", ...toEdge()];
  const first = upload(...call);
  const isUnderWay = async () => await edge.faultsLeft() === 0;
  await eventually("the second chunk to be under way", isUnderWay, PATIENCE_MS);
  const records = join(folder, "state/uploads");
  const [name = ""] = await readdir(records);
  const { imageId } = JSON.parse(await readFile(join(records, name), "utf8"));
  assert.equal((await stat(join(records, name))).mode & 0o777, 0o600);
  first.child.kill("SIGINT");
  const interrupted = await first.ended;
  assert.equal(interrupted.code, 130, interrupted.err);
  assert.match(
    interrupted.err,
    /Interrupted after 1 of 2; the same command continues with the rest/,
  );
  const again = await upload(...call).ended;
  assert.equal(again.code, 0, again.err);
  const [small, large] = resultsOf(again.out);
  assert.deepEqual(small, resultsOf(interrupted.out)[0]);
  assert.equal(large.imageId, imageId);
  assert.equal((await edge.storedDigests()).size, before + 2);
  assert.deepEqual(await readdir(records), []);
});

test("upload ends in one line where nobody reads its output any more", async () => {
  await mkdir(join(folder, "read"));
  for (const name of ["a", "b", "c"]) await picture(`read/${name}.jpg`, 1_000);
  const unread = upload("read", "--at-once", "1", ...toEdge());
  unread.child.stdout?.destroy();
  const { code, err } = await unread.ended;
  assert.equal(code, 130, err);
  assert.match(err, /^Interrupted after \d of 3; the same command continues with the rest\n$/);
});

test("upload --watch sends what comes once it is whole, and nothing of it again", async () => {
  await mkdir(join(folder, "inbox"));
  const old = await picture("inbox/old.jpg", 2_000);
  const call = ["--watch", "inbox", "--json", "--state", "state", ...toEdge()];
  const first = upload(...call);
  const has = (run: Run, count: number) => () => resultsOf(run.output()).length === count;
  await eventually("the picture that was there", has(first, 1), PATIENCE_MS);
  await copyFile(old, join(folder, "inbox/new.jpg"));
  await eventually("the new picture", has(first, 2), PATIENCE_MS);
  first.child.kill("SIGINT");
  assert.equal((await first.ended).code, 0);
  const second = upload(...call);
  await picture("inbox/third.jpg", 4_000);
  await eventually("the third picture", has(second, 1), PATIENCE_MS);
  second.child.kill("SIGTERM");
  const { out } = await second.ended;
  assert.deepEqual(resultsOf(out).map(({ file }) => file), ["third.jpg"]);
});
