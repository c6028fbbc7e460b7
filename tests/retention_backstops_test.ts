/** With the sweep switched off: lifecycle rules and the scheduled query alone empty everything, and take nothing early. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { t0OfImageId } from "@tintype/core/model/image_id";
import {
  erasingName,
  manifestName,
  type ObjectName,
  rawName,
  receiptName,
  renditionName,
} from "@tintype/core/model/object_name";
import type { PurgeRow } from "@tintype/core/ports/image_rows";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { PURGES_RETENTION_MS } from "@tintype/core/retention/bounds";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { sampleRef, sampleRow } from "@tintype/core/testing/sample_row";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { BUCKETS } from "./_cloud.ts";

const PROJECT = "tintype-local";
const DAY_MS = 86_400_000;
const { periodMs } = RETENTION_POLICY;
/** Four images that began a day apart, the youngest of them now. */
const REFS = [3, 2, 1, 0].map((days) => sampleRef(Date.now() - days * DAY_MS));

let storage: Emulator;
let bigquery: Emulator;
before(async () => {
  [storage, bigquery] = await Promise.all([startEmulator("storage"), startEmulator("bigquery")]);
  await fill();
});
after(async () => {
  await storage?.stop();
  await bigquery?.stop();
});

/** Writes rows as Pub/Sub does. */
async function writeRows(table: string, rows: readonly object[]): Promise<void> {
  const body = { project: PROJECT, dataset: "tintype", table, rows };
  assert.deepEqual(await bigquery.control("POST", "/_local/rows", body), { errors: [] });
}

const bucketOf = (bucket: string) => gcsObjectStore({ bucket, endpoint: storage.url });

/** Every kind of object, and a row, of each image, by the production adapters. */
async function fill(): Promise<void> {
  const [raw, processed] = [bucketOf(BUCKETS.raw), bucketOf(BUCKETS.processed)];
  const erasures = bucketOf(BUCKETS.erasures);
  for (const ref of REFS) {
    const write = { contentType: "image/jpeg", customTimeMs: t0OfImageId(ref.imageId) };
    const put = (store: ObjectStore, name: ObjectName) =>
      store.create(name, new Uint8Array(3), write);
    await Promise.all([
      put(raw, rawName(ref)),
      put(erasures, rawName(ref)),
      put(processed, renditionName(ref, "thumb", "jpg")),
      put(processed, manifestName(ref)),
      put(processed, erasingName(ref)),
      put(processed, receiptName(ref)),
      writeRows("images", [sampleRow(ref)]),
    ]);
  }
}

/** T0s of what is left of objects, each once. */
async function objectsLeft(): Promise<number[]> {
  const pages = await Promise.all(
    [BUCKETS.raw, BUCKETS.processed, BUCKETS.erasures].map((bucket) =>
      bucketOf(bucket).list({ prefix: "" })
    ),
  );
  const names = pages.flatMap(({ objects }) => objects.map(({ name }) => name));
  const left = REFS.filter(({ imageId }) =>
    names.filter((name) => name.includes(imageId)).length === 6
  );
  assert.equal(names.length, left.length * 6, "an image is there whole or not at all");
  return left.map(({ imageId }) => t0OfImageId(imageId));
}

/** Runs a scheduled query's file as BigQuery would at that time, and answers how many rows it took. */
async function runScheduled(file: string, runTimeMs: number): Promise<number> {
  const path = new URL(`../infra/bigquery/scheduled/${file}`, import.meta.url);
  const value = new Date(runTimeMs).toISOString();
  const answer = await bigquery.control("POST", `/bigquery/v2/projects/${PROJECT}/queries`, {
    query: await readFile(path, "utf8"),
    useLegacySql: false,
    parameterMode: "NAMED",
    queryParameters: [
      { name: "run_time", parameterType: { type: "TIMESTAMP" }, parameterValue: { value } },
    ],
  }) as { readonly numDmlAffectedRows?: string }; // BigQuery's
  return Number(answer.numDmlAffectedRows);
}

async function applyLifecycle(nowMs: number): Promise<void> {
  await storage.control("POST", "/_local/lifecycle", { now: nowMs });
}

test("lifecycle rules and the scheduled query take each image at its time, to the millisecond, and in the end all", async () => {
  const t0s = REFS.map(({ imageId }) => t0OfImageId(imageId));
  for (const [index, t0Ms] of t0s.entries()) {
    const younger = t0s.slice(index + 1);
    await applyLifecycle(t0Ms + periodMs - 1);
    assert.equal(await runScheduled("purge_images.sql", t0Ms + periodMs - 1), 0);
    assert.deepEqual(await objectsLeft(), [t0Ms, ...younger]);
    await applyLifecycle(t0Ms + periodMs);
    assert.equal(await runScheduled("purge_images.sql", t0Ms + periodMs), 1);
    assert.deepEqual(await objectsLeft(), younger);
  }
});

test("an object without a custom time goes when it is as old as the period", async () => {
  const name = encodeURIComponent(rawName(sampleRef()));
  const upload =
    `${storage.url}/upload/storage/v1/b/${BUCKETS.raw}/o?uploadType=media&name=${name}`;
  const created = await (await fetch(upload, { method: "POST", body: "x" })).json() as {
    timeCreated: string; // the JSON API's
  };
  const createdMs = Date.parse(created.timeCreated);
  const isThere = async () =>
    (await bucketOf(BUCKETS.raw).list({ prefix: "" })).objects.length === 1;
  await applyLifecycle(createdMs + periodMs - 1);
  assert.equal(await isThere(), true);
  await applyLifecycle(createdMs + periodMs + 1);
  assert.equal(await isThere(), false);
});

test("copies of certificates go after their own time, which is longer", async () => {
  const sweptAtMs = Date.now();
  const row: PurgeRow = {
    certificate: 1,
    swept_at: new Date(sweptAtMs).toISOString(),
    store: "raw",
    evidence: "observed",
    oldest_t0: null,
    looked_at: 0,
    deleted: 0,
    overdue: 0,
  };
  await writeRows("purges", [row]);
  assert.equal(await runScheduled("purge_purges.sql", sweptAtMs + PURGES_RETENTION_MS - 1), 0);
  assert.equal(await runScheduled("purge_purges.sql", sweptAtMs + PURGES_RETENTION_MS), 1);
});
