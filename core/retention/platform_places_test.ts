import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
import { verify } from "../testing/sample_certificate.ts";
import type { MemoryPlatform } from "../testing/memory_platform.ts";
import { TestWorld } from "../testing/test_world.ts";
import { auditStores } from "./audit_stores.ts";
import { sweepExpired } from "./sweep_expired.ts";

const DAY_MS = 86_400_000;

const audit = async (world: TestWorld) =>
  await auditStores({
    ...world.ports,
    ...{ certificates: world.certificates, rows: world.rows, verify },
  });

/** Every bucket of a role, changed. */
const bucket = (role: string, change: object) => (platform: MemoryPlatform) => {
  platform.bucketSettings = platform.bucketSettings.map((each) =>
    each.role === role ? { ...each, ...change } : each
  );
};
const message = (change: object) => (platform: MemoryPlatform) => {
  platform.messageSettings = platform.messageSettings.map((each) => ({ ...each, ...change }));
};
const dataset = (change: object) => (platform: MemoryPlatform) => {
  platform.datasetSettings = { ...platform.datasetSettings, ...change };
};

/** What is changed on the platform, and what the audit finds. */
const CHANGES: readonly (readonly [(platform: MemoryPlatform) => void, ...texts: string[]])[] = [
  [
    bucket("raw", { deleteAfterDays: [], deleteAfterCustomTimeDays: [], abortMultipartDays: [] }),
    "lifecycle rules: raw: objects are deleted by age after no days instead of 7",
    "lifecycle rules: raw: objects are deleted by custom time after no days instead of 7",
    "unfinished multipart: raw: uploads are aborted after no days instead of 1",
  ],
  [
    bucket("erasures", { deleteAfterDays: [7, 3], otherDeletes: 1 }),
    "lifecycle rules: erasures: objects are deleted by age after 7, 3 days instead of 7",
    "lifecycle rules: erasures: 1 rules delete by other conditions",
  ],
  [
    bucket("config", { softDeleteMs: 7 * DAY_MS, hasVersions: true }),
    "soft deleted: config: soft delete keeps objects for 7 days",
    "soft deleted: config: versioning is on",
  ],
  [
    message({ keepsMs: 4 * DAY_MS, keepsAcknowledged: true }),
    "events: subscription events: messages are kept for 96 h",
    "events: subscription events: acknowledged messages are kept",
    "dead letters: subscription events-dead: messages are kept for 96 h",
    "dead letters: subscription events-dead: acknowledged messages are kept",
  ],
  [
    (platform) => void (platform.messageSettings = []),
    "events: there is none",
    "dead letters: there is none",
  ],
  [
    dataset({ partitionExpirationMs: { images: undefined, purges: 402 * DAY_MS } }),
    "row partitions: images: partitions expire after never",
    "row partitions: purges: partitions expire after 402 days",
  ],
  [
    dataset({ timeTravelHours: 168, copies: ["images_backup (SNAPSHOT)"] }),
    "warehouse history: time travel reaches back 168 h",
    "warehouse history: images_backup (SNAPSHOT) is a copy of a table with a life of its own",
  ],
  [
    (platform) => void (platform.logSettings = [{ id: "_Default", retentionDays: 30 }]),
    "logs: _Default: lines are kept for 30 days",
  ],
];

for (const [change, ...texts] of CHANGES) {
  test(`the audit and the certificate find: ${texts[0]}`, async () => {
    const world = new TestWorld();
    change(world.platform);
    const { findings } = await audit(world);
    assert.deepEqual(
      findings.map(({ code, text }) => [code, text]),
      texts.map((text) => ["unbounded", text]),
    );
    const { places } = await sweepExpired(world.ports);
    assert.equal(places.reduce((sum, { overdue }) => sum + overdue, 0), texts.length);
    const bounds = places.map(({ bound }) => bound).join();
    for (const text of texts) assert.ok(bounds.includes(text.replace(/^.*?: /, "")), text);
  });
}

test("a certificate stays configured where settings cannot be read, and says why; an audit throws", async () => {
  const world = new TestWorld();
  world.platform.logBuckets = () =>
    Promise.reject(new AppError("internal", "Cannot read the settings: it responded with 403"));
  const { places } = await sweepExpired(world.ports);
  const configured = places.filter(({ evidence }) => evidence === "configured");
  assert.deepEqual(configured.map(({ place }) => place), [
    "unfinished_sessions",
    "kafka_topics",
    "logs",
  ]);
  assert.match(configured.at(-1)?.bound ?? "", /\(not observed: Cannot read .* 403\)$/);
  await assert.rejects(audit(world), {
    code: "unavailable",
    message: /^Cannot audit logs: .* 403$/,
  });
});
