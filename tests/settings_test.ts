/** Whatever somebody changes on the platform that lets a copy stay longer, the keeper and the audit read it there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { configuredPlaces } from "@tintype/core/retention/configured_places";
import { observePlaces } from "@tintype/core/retention/platform_places";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { LOCAL, PUBSUB_URLS, STORAGE_URLS, URLS } from "@tintype/local/start/local_names";
import { platformSettings } from "@tintype/processor/adapters/platform_settings";
import { runAudit } from "./_audit.ts";
import { BUCKETS, namesWith, readObject } from "./_cloud.ts";
import { openSystem, type System } from "./_system.ts";
import { runTask } from "./_task.ts";

const DATASET = `${URLS.bigquery}/bigquery/v2/projects/${LOCAL.project}/datasets/${LOCAL.dataset}`;
const PUBSUB = `${URLS.pubsub}/v1/projects/${LOCAL.project}`;
const LOGS = `${URLS.pubsub}/v2/projects/${LOCAL.project}/locations/global/buckets`;

let system: System;
before(async () => void (system = await openSystem()));
after(async () => await system?.stop());

/** With the keeper's own rights. */
const platform = platformSettings({
  ...{ projectId: LOCAL.project, buckets: BUCKETS, dataset: LOCAL.dataset },
  endpoints: {
    storage: STORAGE_URLS.keeper,
    pubsub: PUBSUB_URLS.keeper,
    bigquery: URLS.bigquery,
    logging: PUBSUB_URLS.keeper,
  },
});

async function faults(): Promise<string[]> {
  const places = await observePlaces(platform, configuredPlaces(RETENTION_POLICY));
  for (const { unread } of places) assert.equal(unread, undefined);
  return places.flatMap(({ place: { place }, faults }) =>
    faults.map((each) => `${place}: ${each}`)
  );
}

async function send(method: string, url: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : null });
  assert.ok(response.ok, `${method} ${url}: ${response.status} ${await response.text()}`);
}

const bucket = (name: string, settings: object) =>
  send("POST", `${URLS.storage}/_local/settings`, { bucket: name, ...settings });
const subscription = (id: string, seconds: number) =>
  send("PATCH", `${PUBSUB}/subscriptions/${id}`, {
    subscription: { messageRetentionDuration: `${seconds}s` },
    updateMask: "messageRetentionDuration",
  });
const partitions = (expirationMs?: string) =>
  send("PATCH", `${DATASET}/tables/images`, {
    timePartitioning: { type: "HOUR", field: "t0", expirationMs },
  });
const travel = (maxTimeTravelHours: string) => send("PATCH", DATASET, { maxTimeTravelHours });
const logs = (retentionDays: number) =>
  send("PATCH", `${LOGS}/tintype-logs?updateMask=retentionDays`, { retentionDays });
const { rule } = JSON.parse(readFileSync("infra/retention/lifecycle.json", "utf8"));
const [CUSTOM_TIME, AGE, ABORT] = rule;
const RULES = { lifecycle: rule };
const MORE = { action: { type: "Delete" }, condition: { age: 1, matchesPrefix: ["a"] } };
const TOPIC = `${PUBSUB}/topics/somebodys`;
const { raw, processed, erasures, config } = BUCKETS;

const change = async () => {
  await bucket(raw, { lifecycle: [ABORT], softDeleteSeconds: 604_800 });
  await bucket(processed, { lifecycle: [CUSTOM_TIME, AGE] });
  await bucket(erasures, { lifecycle: [...rule, MORE] });
  await bucket(config, { versioning: true });
  await subscription("tintype-events", 345_600);
  await subscription("tintype-images-dead", 604_800);
  await send("PUT", TOPIC, { messageRetentionDuration: "2678400s" });
  await partitions();
  await travel("168");
  await logs(30);
};
const undo = async () => {
  for (const name of [raw, processed, erasures]) await bucket(name, RULES);
  await bucket(raw, { softDeleteSeconds: 0 });
  await bucket(config, { versioning: false });
  for (const id of ["tintype-events", "tintype-images-dead"]) await subscription(id, 600);
  await send("DELETE", TOPIC);
  await partitions("691200000");
  await travel("48");
  await logs(7);
};
const FAULTS = [
  "lifecycle_rules: raw: delete by age days is not set instead of exactly 7",
  "lifecycle_rules: raw: delete by custom time days is not set instead of exactly 7",
  "lifecycle_rules: erasures: delete by other conditions is 1 instead of at most 0",
  "unfinished_multipart: processed: abort multipart days is not set instead of exactly 1",
  "soft_deleted: raw: soft delete seconds is 604800 instead of at most 0",
  "soft_deleted: config: versions is 1 instead of at most 0",
  "events: somebodys: event seconds is 2678400 instead of at most 259200",
  "events: tintype-events: event seconds is 345600 instead of at most 259200",
  "dead_letters: tintype-images-dead: dead letter seconds is 604800 instead of at most 259200",
  "row_partitions: images: images expiration ms is not set instead of exactly 691200000",
  "warehouse_history: tintype: time travel hours is 168 instead of at most 48",
  "logs: tintype-logs: log days is 30 instead of at most 7",
];

test("each setting that somebody changes is read from the platform, and nothing is wrong without", async () => {
  assert.deepEqual(await faults(), []);
  await change();
  assert.deepEqual(await faults().finally(undo), FAULTS);
  assert.deepEqual(await faults(), []);
});

test("the audit command fails where the raw bucket's lifecycle rules are removed", async () => {
  await bucket(raw, { lifecycle: [] });
  const { code, stdout } = await runAudit().finally(() => bucket(raw, RULES));
  assert.match(stdout, /\[unbounded\] lifecycle rules: raw: delete by age days is not set/);
  assert.equal(code, 1);
});

test("the audit of a copied chain needs the public key alone, and sees a changed certificate", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-chain-"));
  try {
    for (const name of await namesWith(BUCKETS.certificates)) {
      const { bytes } = await readObject(BUCKETS.certificates, name);
      await writeFile(join(folder, basename(name)), bytes);
    }
    const args = [
      "--chain",
      folder,
      "--public-key",
      join(system.dataDir, "certificate_key.pub.pem"),
    ];
    const whole = await runTask("audit", ...args, "--retention", "1h");
    assert.match(whole.stdout, /PASSED[^]*unbroken, each signature checked/);
    const first = join(folder, "1");
    await writeFile(first, (await readFile(first, "utf8")).replace('"deleted": 0', '"deleted": 1'));
    const changed = await runTask("audit", ...args, "--retention", "1h");
    assert.equal(changed.code, 1);
    assert.match(changed.stdout, /certificate 1 is not signed by the keeper's key/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
