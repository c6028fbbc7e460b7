/**
 * The recovery drill on the local stack: each store is lost while the system runs, then rebuilt by the project's own
 * commands, and what is there is held against what was there; `main` is the command, docs/disaster_recovery.md the plan.
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@tintype/core/seeded_random";
import { eventually } from "@tintype/core/testing/eventually";
import { runAudit } from "../_audit.ts";
import {
  BUCKETS,
  callEdge,
  erase,
  namesWith,
  putObject,
  query,
  readDays,
  readObject,
  tokenFor,
  URLS,
} from "../_cloud.ts";
import { objectUrl } from "../_emulator.ts";
import { repairAtOnce, runJob } from "../_push.ts";
import { runTask } from "../_task.ts";
import { killPart } from "../trouble/parts.ts";
import { drawPictures, type Picture } from "../trouble/pictures.ts";
import { type Sending, sendThroughEdge, sendThroughKafka, type Sent } from "../trouble/senders.ts";
import {
  type Source,
  startTroubledSystem,
  type TroubledSystem,
} from "../trouble/troubled_system.ts";

/** What was lost, what was still there, what it was rebuilt from, and how long that took. */
export interface Loss {
  readonly lost: string;
  readonly survives: string;
  readonly rebuilt: string;
  readonly seconds: number;
}

const PICTURES = 6;
const RECORDS = 2;
/** Repair leaves younger images to their deliveries: ten minutes of seven days, some seconds of this. */
export const DRILL_RETENTION = "1h";
const SEED = 8;
const SETTLE_MS = 120_000;
const ROWS =
  "SELECT image_id, status, content_key, bytes FROM tintype.images_current ORDER BY image_id";

/** Starts a system and loses each of its stores in turn. */
export async function runDrill(
  sources: readonly Source[],
  say: (line: string) => void,
): Promise<Loss[]> {
  const system = await startTroubledSystem({ sources, retention: DRILL_RETENTION });
  try {
    return await loseStores(system, say);
  } finally {
    await system.stop();
  }
}

/**
 * Loses each store of a system in turn, which must keep images for {@link DRILL_RETENTION}; throws AssertionError where
 * something does not come back, or comes back that was erased.
 */
export async function loseStores(
  system: TroubledSystem,
  say: (line: string) => void,
): Promise<Loss[]> {
  const drawn = await drawPictures(PICTURES + RECORDS, seededRandom(SEED));
  const losses: Loss[] = [];
  const drill = async (lost: string, lose: () => Promise<Omit<Loss, "lost" | "seconds">>) => {
    const startMs = performance.now();
    const outcome = await lose();
    const seconds = Math.round((performance.now() - startMs) / 100) / 10;
    losses.push({ lost, ...outcome, seconds });
    say(`${lost}: ${outcome.rebuilt} (${seconds} s)`);
  };
  try {
    const { sent } = await send(system, sendThroughEdge, drawn.pictures.slice(0, PICTURES));
    // The first picture is the first subject's, in whatever order they arrived.
    const erased = sent.find(({ picture }) => picture === drawn.pictures[0]);
    assert.ok(erased !== undefined);
    await erase(erased.imageId, await tokenFor("trouble-0"));
    say(`${sent.length} images, one of them erased`);
    await drill("BigQuery", () => loseBigQuery(system));
    await drill("processed bucket", () => loseProcessed(erased.imageId));
    if (system.sources.includes("kafka")) {
      await drill("broker", () => loseBroker(system, drawn.pictures.slice(PICTURES)));
    }
    await drill("erasures bucket", () => loseErasures(erased));
    await drill("raw bucket", () => loseRaw(sent.filter((each) => each !== erased)));
    await drill("configuration bucket", loseConfiguration);
    const { code, stdout, stderr } = await runAudit();
    assert.equal(code, 0, `the audit keeps the promise of deletion: ${stdout}${stderr}`);
    say("audit: nothing is wrong, and what was erased stayed erased");
    return losses;
  } finally {
    await drawn.remove();
  }
}

/** Sends pictures through a source, and waits until all are ready. */
async function send(
  { over }: TroubledSystem,
  through: typeof sendThroughEdge,
  pictures: readonly Picture[],
): Promise<Pick<Sending, "sent" | "unsure">> {
  const options = { onTaken: () => {}, signal: AbortSignal.timeout(SETTLE_MS) };
  const { sent, refused, unsure } = await Promise.race([through(pictures, options), over]);
  assert.deepEqual(refused, []);
  const ids = new Set(sent.map(({ imageId }) => imageId));
  await eventually("every image to be ready", async () => {
    const rows = await query(ROWS).catch(() => []);
    return rows.filter(([id, status]) => ids.has(id ?? "") && status === "ready").length ===
      ids.size;
  }, SETTLE_MS);
  return { sent, unsure };
}

/** The table's file is gone with its process; the next one makes the tables anew, empty. */
async function loseBigQuery(system: TroubledSystem) {
  const before = await query(ROWS);
  rmSync(join(system.dataDir, "bigquery"), { recursive: true, force: true });
  await killPart("bigquery");
  assert.equal((await query(ROWS)).length, 0, "the rows are lost");
  const { code, stderr } = await runTask("rebuild-rows");
  assert.equal(code, 0, stderr);
  const isBack = async () => (await query(ROWS)).length >= before.length;
  await eventually("the rows", isBack, SETTLE_MS);
  assert.deepEqual(await query(ROWS), before);
  return {
    survives: "images, manifests, certificates",
    rebuilt: `${before.length} rows by rebuild-rows from manifests`,
  };
}

/** Renditions, manifests and receipts are gone; raw images and rows are there. */
async function loseProcessed(erasedId: string) {
  const present = async () =>
    (await namesWith(BUCKETS.processed)).filter((name) => !/^(eras(ed|ing)|repairs)\//.test(name));
  const before = await present();
  await empty(BUCKETS.processed);
  await eventually("repair to make everything anew", async () => {
    await repairAtOnce();
    return (await present()).length >= before.length;
  }, SETTLE_MS);
  const after = await present();
  assert.deepEqual(after, before);
  assert.deepEqual(
    after.filter((name) => name.includes(erasedId)),
    [],
    "what was erased stays erased",
  );
  return {
    survives: "raw images, rows, erasure requests",
    rebuilt: `${after.length} renditions and manifests by repair from raw images`,
  };
}

/** Records that were not taken yet are lost with the broker; those that are durable are not sent again. */
async function loseBroker(system: TroubledSystem, pictures: readonly Picture[]) {
  const before = await namesWith(BUCKETS.raw);
  rmSync(join(system.dataDir, "kafka"), { recursive: true, force: true });
  await killPart("broker");
  const { sent, unsure } = await send(system, sendThroughKafka, pictures);
  const after = await namesWith(BUCKETS.raw);
  const more = after.length - before.length - sent.length;
  // A producer that died may have sent its last record: another one has sent that again.
  assert.ok(0 <= more && more <= unsure.size, `${more} images are there twice`);
  return {
    survives: "every image that was durable",
    rebuilt: `topics made anew, ${sent.length} new records came through`,
  };
}

/** Requests are gone; what had its receipt stays erased, and its owner can ask again. */
async function loseErasures({ imageId }: Sent) {
  await empty(BUCKETS.erasures);
  const token = await tokenFor("trouble-0");
  const ask = (path: string, method = "GET") =>
    callEdge(`/v1/${path}/${imageId}`, { token, method });
  assert.equal((await ask("images")).status, 404);
  assert.equal((await ask("images", "DELETE")).status, 202);
  await eventually("the receipt", async () => {
    return (await (await ask("erasures")).text()).includes('"status":"erased"');
  }, SETTLE_MS);
  return { survives: "receipts, tombstones", rebuilt: "a request, by its owner who asked again" };
}

/** The salts are gone for good, and with them whose the images of the days before are; plans are pushed again. */
async function loseConfiguration() {
  const before = new Set((await readDays()).map(({ salt }) => salt));
  const images = await namesWith(BUCKETS.processed, "/manifest.json");
  const plans = (await namesWith(BUCKETS.config)).filter((name) => name.startsWith("tenants/"));
  const pushed = await Promise.all(plans.map((name) => readObject(BUCKETS.config, name)));
  await empty(BUCKETS.config);
  await runJob("days");
  for (const [at, { bytes }] of pushed.entries()) {
    await putObject(BUCKETS.config, plans[at] ?? "", bytes);
  }
  const after = await readDays();
  assert.ok(after.length >= 8 && after.every(({ salt }) => !before.has(salt)));
  assert.deepEqual(await namesWith(BUCKETS.processed, "/manifest.json"), images);
  return {
    survives:
      `${images.length} images, whose owners nobody can derive any more; they are purged in time`,
    rebuilt: `new salts of ${after.length} days, ${plans.length} plans pushed again`,
  };
}

/** Nothing makes a raw image anew; what was made of it stays readable until its end. */
async function loseRaw(sent: readonly Sent[]) {
  await empty(BUCKETS.raw);
  for (const { imageId, client } of sent) {
    const image = await client?.waitUntilReady(imageId);
    assert.equal(image?.status, "ready");
    for (const { url } of image.renditions) assert.equal((await fetch(url)).status, 200);
  }
  return {
    survives: "renditions, manifests, rows",
    rebuilt: `nothing; ${sent.length} images stay readable until their end`,
  };
}

/**
 * Deletes every object that is in a bucket now, as the loss of the bucket does. The system runs on: a scheduled repair may
 * have made the first ones anew before the last one is deleted, so the bucket may not be empty afterwards.
 */
async function empty(bucket: string): Promise<void> {
  for (const name of await namesWith(bucket)) {
    const deleted = await fetch(objectUrl(URLS.storage, bucket, name), { method: "DELETE" });
    await deleted.body?.cancel();
    assert.ok([204, 404].includes(deleted.status), `${name} is deleted: ${deleted.status}`);
  }
}
