/** Whatever somebody changes on the platform that lets a copy stay longer, the keeper and the audit read it there. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { RETENTION_BOUNDS } from "@tintype/core/retention/bounds";
import { configuredPlaces } from "@tintype/core/retention/configured_places";
import { observePlaces } from "@tintype/core/retention/platform_places";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { publicKeyFile } from "@tintype/local/start/identities";
import { LOCAL, PUBSUB_URLS, STORAGE_URLS, URLS } from "@tintype/local/start/local_names";
import { platformSettings } from "@tintype/processor/adapters/platform_settings";
import { runAudit } from "./_audit.ts";
import { BUCKETS, namesWith, readObject } from "./_cloud.ts";
import { openSystem, type System } from "./_system.ts";
import { runTask } from "./_task.ts";

const DAY_S = 86_400;
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

type Call = readonly [method: "POST" | "PUT" | "PATCH" | "DELETE", url: string, body?: object];

async function send([method, url, body]: Call): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : null });
  assert.ok(response.ok, `${method} ${url}: ${response.status} ${await response.text()}`);
}

const bucket = (
  name: string,
  settings: object,
): Call => ["POST", `${URLS.storage}/_local/settings`, { bucket: name, ...settings }];
const subscription = (id: string, change: object): Call => [
  "PATCH",
  `${PUBSUB}/subscriptions/${id}`,
  { subscription: change, updateMask: Object.keys(change).join() },
];
const partitions = (table: string, type: string, field: string, expirationMs?: number): Call => [
  "PATCH",
  `${DATASET}/tables/${table}`,
  { timePartitioning: { type, field, expirationMs: expirationMs && String(expirationMs) } },
];
const travel = (hours: string): Call => ["PATCH", DATASET, { maxTimeTravelHours: hours }];
const logs = (
  id: string,
  retentionDays: number,
): Call => ["PATCH", `${LOGS}/${id}?updateMask=retentionDays`, { retentionDays }];
const rule = (type: string, condition: object) => ({ action: { type }, condition });
const RULES = [
  rule("Delete", { daysSinceCustomTime: 7 }),
  rule("Delete", { age: 7 }),
  rule("AbortIncompleteMultipartUpload", { age: 1 }),
];
const [CUSTOM_TIME, AGE, ABORT] = RULES;
const kept = (seconds: number) => ({ messageRetentionDuration: `${seconds}s` });
const { partitionExpirationMs } = RETENTION_BOUNDS;

/** What somebody changes, what is found, and what undoes it. */
const CHANGES: readonly (readonly [change: Call, fault: string, undo: Call])[] = [
  [
    bucket(BUCKETS.raw, { lifecycle: [CUSTOM_TIME, ABORT] }),
    "lifecycle_rules: raw: objects are deleted by age after no days instead of 7",
    bucket(BUCKETS.raw, { lifecycle: RULES }),
  ],
  [
    bucket(BUCKETS.processed, {
      lifecycle: [AGE, rule("Delete", { daysSinceCustomTime: 30 }), ABORT],
    }),
    "lifecycle_rules: processed: objects are deleted by custom time after 30 days instead of 7",
    bucket(BUCKETS.processed, { lifecycle: RULES }),
  ],
  [
    bucket(BUCKETS.erasures, {
      lifecycle: [...RULES, rule("Delete", { age: 1, matchesPrefix: ["a"] })],
    }),
    "lifecycle_rules: erasures: 1 rules delete by other conditions",
    bucket(BUCKETS.erasures, { lifecycle: RULES }),
  ],
  [
    bucket(BUCKETS.raw, { lifecycle: [CUSTOM_TIME, AGE] }),
    "unfinished_multipart: raw: uploads are aborted after no days instead of 1",
    bucket(BUCKETS.raw, { lifecycle: RULES }),
  ],
  [
    bucket(BUCKETS.raw, { softDeleteSeconds: 7 * DAY_S }),
    "soft_deleted: raw: soft delete keeps objects for 7 days",
    bucket(BUCKETS.raw, { softDeleteSeconds: 0 }),
  ],
  [
    bucket(BUCKETS.config, { versioning: true }),
    "soft_deleted: config: versioning is on",
    bucket(BUCKETS.config, { versioning: false }),
  ],
  [
    subscription("tintype-events", kept(4 * DAY_S)),
    "events: subscription tintype-events: messages are kept for 96 h",
    subscription("tintype-events", kept(600)),
  ],
  [
    ["PUT", `${PUBSUB}/topics/somebodys`, kept(31 * DAY_S)],
    "events: topic somebodys: messages are kept for 744 h",
    ["DELETE", `${PUBSUB}/topics/somebodys`],
  ],
  [
    subscription("tintype-images-dead", kept(7 * DAY_S)),
    "dead_letters: subscription tintype-images-dead: messages are kept for 168 h",
    subscription("tintype-images-dead", kept(600)),
  ],
  [
    partitions("images", "HOUR", "t0"),
    "row_partitions: images: partitions expire after never",
    partitions("images", "HOUR", "t0", partitionExpirationMs),
  ],
  [
    travel("168"),
    "warehouse_history: time travel reaches back 168 h",
    travel("48"),
  ],
  [
    logs("tintype-logs", 30),
    "logs: tintype-logs: lines are kept for 30 days",
    logs("tintype-logs", 7),
  ],
];

test("nothing is wrong with the settings that the system starts with", async () => {
  assert.deepEqual(await faults(), []);
});

for (const [change, fault, undo] of CHANGES) {
  test(`the platform shows it: ${fault}`, async () => {
    await send(change);
    const found = await faults().finally(() => send(undo));
    assert.deepEqual(found, [fault]);
    assert.deepEqual(await faults(), []);
  });
}

test("the audit command fails where the raw bucket's lifecycle rules are removed", async () => {
  await send(bucket(BUCKETS.raw, { lifecycle: [] }));
  const { code, stdout } = await runAudit().finally(() =>
    send(bucket(BUCKETS.raw, { lifecycle: RULES }))
  );
  assert.match(
    stdout,
    /\[unbounded\] lifecycle rules: raw: objects are deleted by age after no days/,
  );
  assert.equal(code, 1);
});

test("the audit of a copied chain needs the public key alone, and sees a changed certificate", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-chain-"));
  try {
    for (const name of await namesWith(BUCKETS.certificates)) {
      const { bytes } = await readObject(BUCKETS.certificates, name);
      await writeFile(join(folder, basename(name)), bytes);
    }
    const args = ["--chain", folder, "--public-key", publicKeyFile(system.dataDir)];
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
