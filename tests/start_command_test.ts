/** `deno task start` as a newcomer meets it: what it refuses and how, what it prints, what it leaves behind. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { eventually } from "@tintype/core/testing/eventually";
import { PORTS } from "@tintype/local/start/local_names";
import { BUCKETS, namesWith, readObject } from "./_cloud.ts";
import { noisePng } from "./_pictures.ts";
import { portsInUse, type Run, type RunResult, runStart } from "./_run_start.ts";

/** The document that `--json` prints (DESIGN, "One machine"). */
interface Report {
  readonly images: readonly {
    readonly file: string;
    readonly door: string;
    readonly imageId: ImageId;
    readonly status: string;
    readonly reason?: string;
    readonly bytes: number;
    readonly renditions: number;
    readonly row: boolean;
    readonly event: boolean;
    readonly readyMs: number;
  }[];
  readonly eventMs: number | null;
  readonly purged: boolean;
  readonly lost: number;
  readonly doubled: number;
}

const REJECTED = {
  "cut_short.jpg": "truncated",
  "not_an_image.jpg": "not_an_image",
  "too_many_pixels.png": "too_many_pixels",
};

/** Longer than all samples take to be processed, on a busy machine too. */
const RETENTION_MS = 45_000;
const GRACE_MS = 10_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tintype-empty-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function resultOf(...args: string[]): Promise<RunResult> {
  return await (await runStart(args)).ended;
}

/** Asserts that a run refused with one line on standard error, and left nothing. */
function assertRefused({ code, stdout, stderr, leftInTemp }: RunResult, line: RegExp): void {
  assert.match(stderr, line);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
  assert.equal(stdout, "");
  assert.ok(code !== null && code > 0, `exit code ${code}`);
  assert.deepEqual(leftInTemp, []);
}

test("start --help lists the options and starts nothing", async () => {
  const { code, stdout, stderr } = await resultOf("--help");
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (
    const flag of [
      "images",
      "once",
      "json",
      "doors",
      "retention",
      "tenants",
      "webhook",
      "data",
      "verbose",
    ]
  ) {
    assert.match(stdout, new RegExp(`--${flag} `), flag);
  }
});

test("start refuses a wrong command line in one line and with an exit code", async () => {
  const missing = join(folder, "nowhere");
  const file = join(folder, "notes.txt");
  await writeFile(file, "no picture");
  const cases: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [["--colour"], /--colour.*--help/],
    [["pictures"], /pictures.*--help/],
    [["--images", missing], /nowhere: it does not exist/],
    [["--images", file], /notes\.txt: it holds no picture/],
    [["--images", folder], /it holds no picture .*JPEG/],
    [["--retention", "soon"], /30s to 7d.*"soon"/],
    [["--retention", "29s"], /30s to 7d.*"29s"/],
    [["--retention", "8d"], /30s to 7d.*"8d"/],
    [["--doors", "window"], /edge, kafka.*"window"/],
    [["--data", ""], /--data must not be empty/],
    [["--data", file], /notes\.txt.*cannot be a folder/],
  ];
  await Promise.all(cases.map(async ([args, line]) => {
    assertRefused(await resultOf("--doors", "edge", ...args), line);
  }));
});

test("start names the port that is in use", async () => {
  const port = PORTS.bigquery;
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  try {
    // The port is this test's own, so that it is not one that the command left.
    const run = await runStart(["--doors", "edge"], { ownPorts: [port] });
    assertRefused(await run.ended, new RegExp(`port ${port} \\(bigquery\\) is in use`));
  } finally {
    server.close();
  }
});

test("start --once --json --trace brings every drawn sample to its end, waits until all are purged, prints one document, and shows one trace", async () => {
  const flags = ["--once", "--json", "--trace", "--retention", `${RETENTION_MS / 1_000}s`];
  const run = await runStart(["--doors", "edge", ...flags]);
  const lastSeenMs = await watchPurge(run);
  const { code, stdout, stderr, leftInTemp } = await run.ended;
  assert.equal(code, 0, stderr);
  const { images, ...rest }: Report = JSON.parse(stdout);
  const { eventMs, ...sums } = rest;
  assert.deepEqual(sums, { lost: 0, doubled: 0, purged: true });
  assert.ok(Number(eventMs) > 0);
  const ready = images.filter(({ status }) => status === "ready");
  assert.equal(ready.length, 15, "six formats, one with alpha, eight orientations");
  assert.ok(ready.every(({ renditions, reason }) => renditions === 3 && reason === undefined));
  const others = images.filter((image) => !ready.includes(image));
  assert.ok(others.every(({ status, renditions }) => status === "rejected" && renditions === 0));
  assert.deepEqual(Object.fromEntries(others.map(({ file, reason }) => [file, reason])), REJECTED);
  for (const { file, door, imageId, bytes, row, event, readyMs } of images) {
    assert.match(imageId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/, file);
    assert.deepEqual({ door, row, event }, { door: "edge", row: true, event: true }, file);
    assert.ok(bytes > 0 && Number.isInteger(readyMs), file);
  }
  assert.match(stderr, /Tintype is ready/);
  assert.match(stderr, /certificate \d+ of .*: nothing is left in /);
  for (const line of TRACE) assert.match(stderr, line);
  assert.deepEqual(leftInTemp, []);
  const keptMs = lastSeenMs - Math.max(...images.map(({ imageId }) => t0OfImageId(imageId)));
  assert.ok(keptMs > RETENTION_MS - 1_000, `the last one was gone after ${keptMs} ms`);
  assert.ok(keptMs < RETENTION_MS + GRACE_MS, `the last one was still there after ${keptMs} ms`);
});

/** Waits until the run has ended; resolves with the time when the last raw object was there, since the epoch. */
async function watchPurge(run: Run): Promise<number> {
  await run.line("waiting for everything to disappear");
  let lastSeenMs = 0;
  let isOver = false;
  void run.ended.catch(() => undefined).finally(() => isOver = true);
  await eventually("the run to end", async () => {
    const askedMs = Date.now();
    const names = await namesWith(BUCKETS.raw).catch(() => []);
    if (names.length > 0) lastSeenMs = askedMs;
    return isOver;
  }, RETENTION_MS + 60_000);
  return lastSeenMs;
}

/** What a picture went through, from the edge to its row: spans as branches, stages as dots. */
const TRACE = [
  /through edge: trace [0-9a-f]{32}, \d+ ms\n/,
  /ms {2}POST \/v1\/(uploads|images) \[edge\] 20\d/,
  /├ upload to storage \[processor\]/,
  /├ push \[processor\]/,
  /└ process image \[processor\] done ready/,
  / {2}├ raw\.read \[processor\] 1 HTTP request/,
  / {2}├ · decode {2}[\d.]+ ms/,
  / {2}├ records\.publish \[processor\]/,
  / {2}├ processed\.create \[processor\]/,
] as const;

/** A run that is stopped when the test is over, however it went. */
async function startFor(t: TestContext, args: readonly string[]): Promise<Run> {
  const run = await runStart(args);
  t.after(() => run.stop().catch(() => undefined));
  return run;
}

test("start --tenants uploads a folder's objects, and again when one changes; a wrong one changes nothing", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-tenants-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const write = (document: object) =>
    writeFile(join(folder, "acme.json"), JSON.stringify(document));
  const held = async (name: string) => {
    const { bytes } = await readObject(BUCKETS.config, `tenants/${name}.json`);
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  await write({ maxBytes: 1_000 });
  const pictures = await mkdtemp(join(tmpdir(), "tintype-pictures-"));
  t.after(() => rm(pictures, { recursive: true, force: true }));
  await writeFile(join(pictures, "one.png"), noisePng(20, 20));
  const run = await startFor(t, [
    "--doors",
    "edge",
    "--images",
    pictures,
    "--tenants",
    folder,
  ]);
  await run.line("Tintype is ready");
  assert.deepEqual(await held("acme"), { maxBytes: 1_000 });
  assert.deepEqual((await held("_topics")).topics.images.tenant, "stream");
  await write({ maxBytes: 2_000, corsOrigins: ["https://acme.example"] });
  await run.line("Tenants uploaded, in effect within a minute: acme");
  assert.equal((await held("acme")).maxBytes, 2_000);
  assert.ok((await held("_origins")).origins.includes("https://acme.example"));
  await write({ maxBytes: 0 });
  assert.match(await run.line("Tenants stay as they are"), /acme\.json\/maxBytes/);
  assert.equal((await held("acme")).maxBytes, 2_000);
});

test("start with a tenants' folder that cannot be used says why and ends with 2", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-tenants-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "acme.json"), '{"imagesPerDay": "many"}');
  const run = await startFor(t, ["--doors", "edge", "--tenants", folder]);
  assertRefused(await run.ended, /tenants' objects: acme\.json\/imagesPerDay/);
});

test("start drains on SIGTERM while pictures go through, and leaves no process, port or file", async (t) => {
  const run = await startFor(t, ["--doors", "edge", "--verbose"]);
  await run.line("Tintype is ready");
  assert.ok((await portsInUse()).length >= 5);
  const { code, leftInTemp, stdout } = await run.stop(); // throws where a process or a port is left
  assert.notEqual(code, 0, "it was ended before the pictures were through");
  assert.doesNotMatch(stdout, /doubled/);
  assert.match(stdout, /processor .*"event":"stopped"/);
  assert.deepEqual(leftInTemp, []);
});

test("start that is stopped twice leaves no process and no port", async (t) => {
  const run = await startFor(t, ["--doors", "edge"]);
  await eventually("the emulators to listen", async () => (await portsInUse()).length >= 3, 60_000);
  run.signal("SIGINT");
  run.signal("SIGTERM");
  assert.notEqual((await run.ended).code, 0); // throws where a process or a port is left
});

test("start ends when nobody reads its output any more", async (t) => {
  const run = await startFor(t, ["--doors", "edge", "--verbose"]);
  await run.line("listening");
  run.hangUp();
  const { code, leftInTemp } = await run.ended;
  assert.notEqual(code, 0);
  assert.deepEqual(leftInTemp, []);
});
