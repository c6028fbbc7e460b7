/** Seven days in 45 seconds: everything is kept until its time, then gone everywhere, and a chain of certificates says so. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newImageId } from "@tintype/client/image_id";
import { BUCKETS, callEdge, namesWith, query, readObject, tokenFor } from "./_cloud.ts";
import { noisePng, sha256 } from "./_pictures.ts";
import { type Run, type RunResult, runStart } from "./_run_start.ts";
import { startSystemIn, type System } from "./_system.ts";
import { waitUntil } from "./_wait.ts";

const RETENTION_MS = 45_000;
const GRACE_MS = 10_000;
const ARGS = ["--doors", "edge", "--retention", "45s"];

/** What is seen while the first run goes on. */
interface Watched {
  result: RunResult;
  /** When the last raw object of the pictures was there, in milliseconds since the epoch. */
  lastSeenMs: number;
}

let folder: string;
let firstRun: Run;
let watched: Watched;
let report: { images: { imageId: string; status: string; row: boolean }[]; purged?: boolean };
/** The same state, looked at by a second run of the system. */
let system: System;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tintype-retention-"));
  const images = join(folder, "pictures");
  await mkdir(images);
  for (const name of ["one", "two"]) await writeFile(join(images, `${name}.png`), noisePng(90, 60));
  await writeFile(join(images, "text.png"), "A letter, whatever its name says.");
  const dataDir = join(folder, "data");
  watched = await watchPurge([...ARGS, "--data", dataDir, "--images", images, "--once", "--json"]);
  report = JSON.parse(watched.result.stdout || "{}");
  system = await startSystemIn(dataDir, ["--images", images, "--retention", "45s"]);
});
after(async () => {
  await firstRun?.stop();
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function watchPurge(args: readonly string[]): Promise<Watched> {
  const run = firstRun = await runStart(args);
  await run.line("waiting for everything to disappear");
  let lastSeenMs = 0;
  let isOver = false;
  void run.ended.catch(() => undefined).finally(() => isOver = true);
  await waitUntil(
    "the run to end",
    async () => {
      const askedMs = Date.now();
      const names = await namesWith(BUCKETS.raw).catch(() => []);
      if (names.length > 0) lastSeenMs = askedMs;
      return isOver;
    },
    RETENTION_MS + 60_000,
    250,
  );
  return { result: await run.ended, lastSeenMs };
}

function t0Of(imageId: string): number {
  return parseInt(imageId.replace("-", "").slice(0, 12), 16);
}

test("--once --retention waits until everything was purged, and says so", () => {
  assert.equal(watched.result.code, 0, watched.result.stderr);
  assert.equal(report.purged, true);
  const statuses = report.images.map(({ status, row }) => [status, row]);
  assert.deepEqual(statuses, [["ready", true], ["rejected", true], ["ready", true]]);
  assert.match(watched.result.stderr, /certificate \d+ of .*: nothing is left in /);
});

test("nothing goes before its time, and everything within the grace after it", () => {
  const newestT0 = Math.max(...report.images.map(({ imageId }) => t0Of(imageId)));
  const keptMs = watched.lastSeenMs - newestT0;
  assert.ok(keptMs > RETENTION_MS - 1_000, `gone after ${keptMs} ms`);
  assert.ok(keptMs < RETENTION_MS + GRACE_MS, `still there after ${keptMs} ms`);
});

test("no object and no row of a purged image is left", async () => {
  for (const { imageId } of report.images) {
    for (const bucket of [BUCKETS.raw, BUCKETS.processed]) {
      assert.deepEqual(await namesWith(bucket, imageId), [], bucket);
    }
    assert.deepEqual(
      await query(`SELECT status FROM tintype.images WHERE image_id = '${imageId}'`),
      [],
    );
  }
});

test("GET answers for a purged image as for one that never was", async () => {
  for (const [index, { imageId }] of report.images.entries()) {
    const token = await tokenFor(`person-${index}`, { tenant: "demo" }); // whose pictures they were
    const answers = await Promise.all([imageId, newImageId()].map(async (id) => {
      const response = await callEdge(`/v1/images/${id}`, { token });
      const requestId = response.headers.get("x-request-id") ?? "";
      return [response.status, (await response.text()).replace(requestId, "")];
    }));
    assert.equal(answers[0]?.[0], 404);
    assert.deepEqual(answers[0], answers[1]);
  }
});

test("the certificates chain from the first to the last, and the newest before the restart found nothing", async () => {
  const names = await namesWith(BUCKETS.certificates);
  assert.ok(names.length > 10, `${names.length} certificates`);
  let previousHash: string | null = null;
  let deleted = 0;
  for (let n = 1; n <= names.length; n++) {
    const { bytes } = await readObject(BUCKETS.certificates, `certificates/${n}`);
    const certificate = JSON.parse(new TextDecoder().decode(bytes)) as Certificate; // core's own
    assert.deepEqual([certificate.n, certificate.previousHash], [n, previousHash]);
    assert.equal(certificate.periodMs, RETENTION_MS);
    const observed = certificate.places.filter(({ evidence }) => evidence === "observed");
    assert.deepEqual(observed.map(({ place }) => place), ["raw", "processed", "warehouse"]);
    assert.deepEqual(observed.map(({ overdue }) => overdue), [0, 0, 0], `certificate ${n}`);
    deleted += observed.reduce((sum, place) => sum + place.deleted, 0);
    previousHash = sha256(bytes);
  }
  // Of the two ready: raw, three renditions, manifest, row; of the rejected one: raw, manifest, row.
  assert.ok(deleted >= 2 * 6 + 3, `${deleted} deleted`);
});

interface Certificate {
  readonly n: number;
  readonly previousHash: string | null;
  readonly periodMs: number;
  readonly places: readonly {
    readonly place: string;
    readonly evidence: string;
    readonly deleted: number;
    readonly overdue: number;
  }[];
}

test("the warehouse has a copy of what each certificate says of each store", async () => {
  const rows = await query(
    "SELECT certificate, COUNT(DISTINCT store) FROM tintype.purges WHERE evidence = 'observed' " +
      "GROUP BY certificate ORDER BY certificate",
  );
  const names = await namesWith(BUCKETS.certificates);
  assert.ok(rows.length > 10 && rows.length <= names.length, `${rows.length} of ${names.length}`);
  assert.deepEqual(rows.map(([n]) => n), rows.map((_, index) => String(index + 1)));
  assert.ok(rows.every(([, stores]) => stores === "3"));
});
