/** `deno task replay` and `deno task rebuild-rows` as commands, against the emulators of storage and BigQuery. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { pushTenants } from "@tintype/core/configuration/push_tenants";
import { type Manifest, parseManifest } from "@tintype/core/model/manifest";
import { type ImageRef, manifestName, rawName } from "@tintype/core/model/object_name";
import { processImage } from "@tintype/core/processing/process_image";
import { quarters } from "@tintype/core/testing/drawing";
import { NOT_AN_IMAGE } from "@tintype/core/testing/sample_images";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { keepDays } from "@tintype/core/retention/keep_days";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { eventually } from "@tintype/core/testing/eventually";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { TestWorld } from "@tintype/core/testing/test_world";
import { pull } from "@tintype/pubsub/pull";
import { createBigQueryClient } from "../adapters/bigquery_client.ts";
import { openCloud } from "../command_cloud.ts";
import { makeSample } from "../testing/samples.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

let storage: Emulator;
let pubsub: Emulator;
let bigquery: Emulator;
let cloud: Awaited<ReturnType<typeof openCloud>>;
let refs: ImageRef[];

/** Three images that an older engine processed, the last of which is no image. */
async function fill(): Promise<ImageRef[]> {
  const { imageRows: _, columns: __, ...stores } = cloud;
  const { pixels, hashing } = new TestWorld().ports;
  const ports = { ...stores, pixels, hashing, clock: Date, processorVersion: "old" };
  const picture = await makeSample(quarters(300, 200), { mediaType: "image/png" });
  const filled: ImageRef[] = [];
  for (const bytes of [picture, picture, NOT_AN_IMAGE]) {
    const ref = sampleRef();
    const options = { contentType: "image/png", customTimeMs: t0OfImageId(ref.imageId) };
    await cloud.raw.create(rawName(ref), bytes, { ...options, metadata: { source: "edge" } });
    await processImage(ports, { objectName: rawName(ref), generation: "1", attempt: 1 });
    filled.push(ref);
  }
  return filled;
}

async function run(task: "replay" | "rebuild-rows" | "webhooks", ...args: readonly string[]) {
  const addresses = ["--storage", storage.url, "--pubsub", pubsub.url, "--bigquery", bigquery.url];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", task, ...args, ...addresses],
    cwd: ROOT,
    env: { NO_COLOR: "1", WEBHOOK_MASTER: "m".repeat(32) },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function manifestOf(ref: ImageRef | undefined): Promise<Manifest> {
  assert.ok(ref !== undefined);
  const bytes = await cloud.processed.read(manifestName(ref));
  assert.ok(bytes !== null);
  return parseManifest(bytes);
}

async function query(sql: string) {
  const client = createBigQueryClient({ projectId: "tintype-local", endpoint: bigquery.url });
  return (await client.query({ sql })).rows;
}

async function rowsInView(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const columns = "image_id, attempt, status, processor_version";
  return await query(`SELECT ${columns} FROM tintype.images_current ORDER BY image_id`);
}

/** Rows appear within seconds: a subscription writes them. */
async function rowsWritten(count: number): Promise<void> {
  await eventually(`${count} rows`, async () => (await rowsInView()).length === count);
}

describe("the operators' commands on the emulators", () => {
  before(async () => {
    [storage, bigquery] = await Promise.all([startEmulator("storage"), startEmulator("bigquery")]);
    pubsub = await startEmulator("pubsub", { BIGQUERY_URL: bigquery.url });
    cloud = await openCloud({ storage: storage.url, pubsub: pubsub.url, bigquery: bigquery.url });
    const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
    const days = { config: cloud.config, clock: Date, random, policy: RETENTION_POLICY };
    await keepDays({ ...days, pseudonymKey: 1 });
    refs = await fill();
    await rowsWritten(refs.length);
  });
  after(async () => {
    await storage?.stop();
    await pubsub?.stop();
    await bigquery?.stop();
  });

  test("a dry run of replay says what it would do and does nothing", async () => {
    const { code, stdout, stderr } = await run(
      ...["replay", "--where", "processor_version = 'old'", "--max", "2"] as const,
      ...["--dry-run", "--json"],
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^3 images answer to it; 2 would be replayed as \S+\+replay: /);
    const told = JSON.parse(stdout);
    assert.deepEqual([told.images, told.replays], [3, 2]);
    assert.equal((await manifestOf(refs[0])).processorVersion, "old");
  });

  test("replay makes images anew within its budget, and goes on where it stopped", async () => {
    const where = ["--where", "tenant = 'acme' AND status = 'ready'"];
    const first = await run("replay", ...where, "--max", "1", "--json");
    assert.equal(first.code, 0, first.stderr);
    assert.equal(JSON.parse(first.stdout).replayed, 1);
    const { replayed, current } = JSON.parse((await run("replay", ...where, "--json")).stdout);
    assert.deepEqual([replayed, current], [1, 1]);
    for (const ref of refs.slice(0, 2)) {
      const manifest = await manifestOf(ref);
      assert.deepEqual([manifest.status, manifest.attempt], ["ready", 1_001]);
      assert.match(manifest.engine, /^sharp /);
      for (const { object, generation } of manifest.renditions) {
        const facts = await cloud.processed.stat(object as ReturnType<typeof rawName>); // the processor's own name
        assert.equal(facts?.generation, generation);
      }
    }
    const all = () => query("SELECT image_id FROM tintype.images");
    await eventually("a row a replay", async () => (await all()).length === 5);
    const versions = (await rowsInView()).map(({ processor_version }) => String(processor_version));
    assert.deepEqual(versions.map((version) => version.endsWith("+replay")), [true, true, false]);
  });

  test("replay says what is wrong with a condition", async () => {
    const { code, stderr } = await run("replay", "--where", "nonsense = 1");
    assert.equal(code, 1);
    assert.match(stderr, /^Cannot select images as the warehouse says: .*nonsense/);
    assert.equal((await run("replay")).code, 2);
    const two = await run("replay", "--where", "TRUE; DELETE FROM tintype.images WHERE TRUE");
    assert.match(two.stderr, /one expression, without a semicolon/);
  });

  test("rebuild-rows brings lost rows back, once", async () => {
    const before = await rowsInView();
    assert.match((await run("rebuild-rows")).stdout, /^3 manifests, 0 without a row/);
    await query("DELETE FROM tintype.images WHERE TRUE");
    assert.deepEqual(await rowsInView(), []);
    const dry = await run("rebuild-rows", "--dry-run");
    assert.match(dry.stdout, /^3 manifests, 3 without a row\n$/);
    const { code, stdout } = await run("rebuild-rows", "--json");
    const { missing, published } = JSON.parse(stdout);
    assert.deepEqual([code, missing, published], [0, 3, 3]);
    await rowsWritten(3);
    assert.deepEqual(await rowsInView(), before);
    assert.match((await run("rebuild-rows")).stdout, /^3 manifests, 0 without a row/);
  });

  test("webhooks lists endpoints, prints a secret, sends a test and what is kept, and says when nothing is left", async () => {
    const seen = "projects/tintype-local/subscriptions/seen";
    const body = JSON.stringify({ topic: "projects/tintype-local/topics/tintype-webhooks" });
    await (await fetch(`${pubsub.url}/v1/${seen}`, { method: "PUT", body })).body?.cancel();
    const webhooks = [{ id: "shop", url: "https://shop.example/", version: 2 }];
    const document = new TextEncoder().encode(JSON.stringify({ webhooks }));
    await pushTenants(cloud.config, new Map([["acme", document]]));
    assert.match(
      (await run("webhooks", "list")).stdout,
      /^acme shop https:.* \(version 2\): image/,
    );
    const secret = await run("webhooks", "secret", "acme", "shop");
    assert.match(secret.stdout, /^whsec_\S{44}\n$/);
    assert.equal((await run("webhooks", "test", "acme", "gone")).code, 1);
    const replay = async (...flags: readonly string[]) =>
      (await run("webhooks", "replay", "acme", "shop", "--since", ...flags)).stdout;
    assert.match(await replay("1h", "--dry-run"), /^3 events would be sent again/);
    assert.match(await replay("1s"), /^nothing is left/);
    assert.match(await replay("1h"), /^3 events are sent again, 0 failed/);
    assert.equal((await run("webhooks", "test", "acme", "shop")).code, 0);
    const messages = await pull({ endpoint: pubsub.url }, seen, { maxMessages: 10 });
    const types = messages.map(({ data }) => JSON.parse(new TextDecoder().decode(data)).type);
    const ready = ["image.ready", "image.ready", "image.rejected"];
    assert.deepEqual(types.toSorted(), [...ready, "webhook.test"]);
  });
});
