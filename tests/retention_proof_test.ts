/**
 * Seven days in one minute, through both sources: pictures full of canaries go in, none of it is found anywhere but in the
 * originals; in the middle owners erase; at the end everything is gone, and the audit says so at each step. When the day's
 * salt is dropped, nothing that is left says whose an image was, or which file; the moment before, all of it does.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newImageId } from "@tintype/client/image_id";
import { certificateSchema } from "@tintype/core/retention/certificate";
import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";
import { DAY_MS, dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { keepDays } from "@tintype/core/retention/keep_days";
import { retentionPolicyOf } from "@tintype/core/retention/policy";
import { scene } from "@tintype/core/testing/drawing";
import { startWebhookReceiver, type WebhookReceiver } from "@tintype/local/start/webhook_receiver";
import { eventually } from "@tintype/core/testing/eventually";
import { LOCAL, STORAGE_URLS } from "@tintype/local/start/local_names";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { makeSample } from "@tintype/processor/testing/samples";
import { readAudit, runAudit } from "./_audit.ts";
import { canariesIn, withCanaries } from "./_canaries.ts";
import {
  BUCKETS,
  callEdge,
  clientFor,
  erase,
  namesWith,
  putObject,
  query,
  readDays,
  readObject,
  TENANT,
  tokenFor,
  URLS,
} from "./_cloud.ts";
import { exportedFromKafka } from "./_export.ts";
import { WITHOUT_JAVA } from "./_java.ts";
import { linksIn } from "./_links.ts";
import { sha256 } from "./_pictures.ts";
import { runningFiles } from "./_running_files.ts";
import { startSystem, type System } from "./_system.ts";

const RETENTION_MS = 60_000;
const GRACE_MS = 10_000;
const FILE_NAME = "zaphod-on-holiday";
const SUBJECT = "zaphod.canary@example.com";
/** Sent by the client, and to be seen nowhere else. */
const IDENTITIES = [FILE_NAME, SUBJECT, "person-0", "stream-0", "203.0.113.77"];

let system: System;
let receiver: WebhookReceiver;
const received: string[] = [];
/** The uploads by hand: of the canary person. */
let imageId: string;
let picture: Uint8Array<ArrayBuffer>;
/** Rows as BigQuery's fail-safe keeps them when they are deleted. */
let copies: string;
/** Every image that went in, with its source. */
let images: { imageId: string; door: string; t0Ms: number }[];

before(async () => {
  // Without a metadata block of its own.
  picture = withCanaries(await makeSample(scene(320, 200), { mediaType: "image/jpeg" }));
  const doors = WITHOUT_JAVA === false ? "edge,kafka" : "edge";
  receiver = await startWebhookReceiver({ onText: (text) => received.push(text) });
  system = await startSystem([
    "--doors",
    doors,
    "--retention",
    `${RETENTION_MS / 1_000}s`,
    "--verbose",
    "--webhook",
    receiver.url,
  ], {
    pictures: { [`${FILE_NAME}-a.jpg`]: picture, [`${FILE_NAME}-b.jpg`]: picture },
  });
  const webhooks = [{ id: "proof", url: receiver.url }];
  await putObject(BUCKETS.config, `tenants/${TENANT}.json`, JSON.stringify({ webhooks }));
  const client = clientFor(SUBJECT);
  const upload = await client.upload(new Blob([picture], { type: "image/jpeg" }));
  imageId = upload.imageId;
  await client.waitUntilReady(imageId, { timeoutMs: 30_000 });
  const sent = doors === "edge" ? 3 : 5;
  const seen = "SELECT image_id, source FROM tintype.images WHERE status = 'ready'";
  await eventually("every row", async () => (await query(seen)).length >= sent, 20_000);
  const rows = await query(seen);
  copies = JSON.stringify(await query("SELECT * FROM tintype.images"));
  images = rows.map(([id, door]) => {
    const known = id as ImageId; // the processor's own
    return { imageId: known, door: door ?? "", t0Ms: t0OfImageId(known) };
  });
});
after(async () => {
  await system?.stop();
  receiver?.close();
});

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** What a bucket holds, as its listing shows it: names, types and metadata. */
async function listing(bucket: string): Promise<string> {
  return await (await fetch(`${URLS.storage}/storage/v1/b/${bucket}/o`)).text();
}

test("the pictures have gone in through the edge", () => {
  assert.equal(images.filter(({ door }) => door === "edge").length, 3);
});

test("the pictures have gone in through Kafka", { skip: WITHOUT_JAVA }, () => {
  assert.equal(images.filter(({ door }) => door === "kafka").length, 2);
});

test("the originals keep their bytes: their canaries are there to be found", async () => {
  const names = await namesWith(BUCKETS.raw);
  assert.equal(names.length, images.length);
  for (const name of names) {
    const { bytes } = await readObject(BUCKETS.raw, name);
    assert.equal(sha256(bytes), sha256(picture));
    assert.ok(canariesIn(latin1(bytes)).length >= 13);
  }
});

test("no name and no metadata of any object holds a canary", async () => {
  for (const bucket of Object.values(BUCKETS)) {
    const text = await listing(bucket);
    const holdsImages = bucket === BUCKETS.raw || bucket === BUCKETS.processed;
    assert.ok(!holdsImages || text.includes(imageId), "it has been listed");
    assert.deepEqual(canariesIn(text, IDENTITIES), [], bucket);
  }
});

test("no rendition, manifest or certificate holds a canary", async () => {
  for (const bucket of [BUCKETS.processed, BUCKETS.certificates]) {
    for (const name of await namesWith(bucket)) {
      const { bytes } = await readObject(bucket, name);
      assert.deepEqual(canariesIn(latin1(bytes), IDENTITIES), [], name);
    }
  }
});

test("no row holds a canary, and every row says that there was a place", async () => {
  const rows = await query("SELECT * FROM tintype.images");
  assert.deepEqual(canariesIn(JSON.stringify(rows), IDENTITIES), []);
  const facts = await query(
    "SELECT DISTINCT camera_make, camera_model, has_gps FROM tintype.images",
  );
  assert.deepEqual(facts, [["apple", "iPhone 15", "true"]]);
});

test("no webhook says a canary", async () => {
  const hasAll = () => images.every(({ imageId: id }) => receiver.idsOf(id).length > 0);
  await eventually("a webhook an image", hasAll, 20_000);
  assert.deepEqual(canariesIn(received.join(), IDENTITIES), []);
});

test("no log line of any part holds a canary, a token or a session's address", async () => {
  await callEdge(`/v1/images/${imageId}`, {
    token: await tokenFor(SUBJECT),
    headers: { "cf-connecting-ip": "203.0.113.77", "x-forwarded-for": "203.0.113.77" },
  });
  const parts = [
    "edge",
    "storage",
    "pubsub",
    "processor",
    "keeper",
    "webhooks",
    "bigquery",
    "oidc",
    "bridge",
    "kafka",
  ];
  const lines = system.lines.filter((line) =>
    parts.some((part) => line.startsWith(part.padEnd(10)))
  );
  const logged = lines.filter((line) => line.includes("{"));
  assert.ok(logged.length > 50, `${logged.length} lines`);
  for (const line of logged) assert.deepEqual(canariesIn(line, IDENTITIES), [], line);
  assert.deepEqual(
    logged.filter((line) => /X-Goog-Signature|upload_id=|eyJ[\w-]{20}/i.test(line)),
    [],
  );
});

test("an export of a person of the stream holds the originals, and names the records in Kafka", {
  skip: WITHOUT_JAVA,
}, async () => {
  const whose = { tenant: LOCAL.kafka.tenant, subject: "stream-0" };
  const { digests, stdout } = await exportedFromKafka(system, whose);
  const streamed = images.filter(({ door }) => door === "kafka").map(({ imageId: id }) => id);
  assert.deepEqual(Object.keys(digests).sort(), streamed.sort(), stdout);
  assert.deepEqual([...new Set(Object.values(digests))], [sha256(picture)]);
});

test("the audit of the running system passes and counts what is kept", async () => {
  const { code, audit } = await readAudit();
  assert.deepEqual(audit.findings, []);
  assert.equal(code, 0);
  assert.equal(audit.periodMs, RETENTION_MS);
  assert.equal(audit.raw.objects, images.length);
  assert.equal(audit.warehouse.rows, images.length);
  assert.ok(audit.chain.found > 0);
  const { stdout } = await runAudit();
  assert.match(stdout, /Result: {3}PASSED/);
  assert.deepEqual(canariesIn(stdout, IDENTITIES), []);
});

test("owners erase in the middle: at once invisible, soon gone everywhere, with a receipt", async () => {
  const [kafkaImage] = images.filter(({ door }) => door === "kafka");
  const cases = [{ id: imageId, token: await tokenFor(SUBJECT, { tenant: TENANT }) }];
  if (kafkaImage !== undefined) {
    cases.push({ id: kafkaImage.imageId, token: await tokenFor("stream-0", { tenant: "stream" }) });
  }
  for (const { id, token } of cases) {
    await erase(id, token);
  }
  const { code, audit } = await readAudit();
  assert.deepEqual([code, audit.findings], [0, []]);
  assert.deepEqual([audit.erasures.asked, audit.erasures.receipts], [cases.length, cases.length]);
});

const ROWS = "SELECT image_id FROM tintype.images";

test("what was not erased is kept until its time, and then nothing is left, not even the erasures", async () => {
  const kept = images.filter(({ imageId: id, door }) => id !== imageId && door === "edge");
  const newestMs = Math.max(...images.map(({ t0Ms }) => t0Ms));
  const lastSeen = new Map<string, number>();
  await eventually(
    "everything to be gone",
    async () => {
      const askedMs = Date.now();
      const buckets = [BUCKETS.raw, BUCKETS.processed, BUCKETS.erasures];
      const names = (await Promise.all(buckets.map((bucket) => namesWith(bucket)))).flat();
      for (const { imageId: id } of kept) {
        if (names.some((name) => name.includes(id))) lastSeen.set(id, askedMs);
      }
      return names.length === 0 && (await query(ROWS)).length === 0;
    },
    newestMs + RETENTION_MS + GRACE_MS - Date.now(),
    500,
  );
  for (const { imageId: id, t0Ms } of kept) {
    const keptMs = (lastSeen.get(id) ?? 0) - t0Ms;
    assert.ok(keptMs > RETENTION_MS - 2_000, `${id} was last seen after ${keptMs} ms`);
  }
});

test("GET answers for a purged image as for one that never was", async () => {
  const [purged] = images.filter(({ imageId: id, door }) => id !== imageId && door === "edge");
  const tokens = [0, 1].map((person) => tokenFor(`person-${person}`, { tenant: "demo" })); // whose pictures they were
  for (const token of await Promise.all(tokens)) {
    const [gone, never] = await Promise.all(
      [purged?.imageId, newImageId(Date.now())].map(async (id) => {
        const response = await callEdge(`/v1/images/${id}`, { token });
        const requestId = response.headers.get("x-request-id") ?? "";
        return [response.status, (await response.text()).replace(requestId, "")];
      }),
    );
    assert.equal(gone?.[0], 404);
    assert.deepEqual(gone, never);
  }
});

test("the certificates chain from the first to the last, and BigQuery has a copy of each", async () => {
  const rows = await query(
    "SELECT certificate, COUNT(DISTINCT store) FROM tintype.purges WHERE evidence = 'observed' " +
      "GROUP BY certificate ORDER BY certificate",
  );
  const names = await namesWith(BUCKETS.certificates);
  let previousHash: string | null = null;
  let deleted = 0;
  for (let n = 1; n <= names.length; n++) {
    const { bytes } = await readObject(BUCKETS.certificates, `certificates/${n}`);
    const certificate = certificateSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    assert.deepEqual([certificate.n, certificate.previousHash], [n, previousHash]);
    assert.equal(certificate.periodMs, RETENTION_MS);
    const { places } = certificate;
    const unseen = places.filter(({ evidence }) => evidence === "configured");
    // Kafka's topics too, until the bridge's first look at them.
    assert.match(unseen.map(({ place }) => place).join(), /^unfinished_sessions(,kafka_topics)?$/);
    assert.ok(places.every(({ overdue }) => overdue === 0), `certificate ${n}`);
    deleted += places.reduce((sum, place) => sum + place.deleted, 0);
    previousHash = sha256(bytes);
  }
  // Of each that was not erased: raw, three renditions, manifest, row.
  assert.ok(deleted >= 6 * (images.length - 2), `${deleted} deleted`);
  assert.ok(rows.length > 10 && rows.length <= names.length, `${rows.length} of ${names.length}`);
  assert.deepEqual(rows.map(([n]) => n), rows.map((_, index) => String(index + 1)));
  assert.ok(rows.every(([, stores]) => stores === "12" || stores === "13"));
  assert.equal(rows.at(-1)?.[1], "13", "Kafka's topics are seen too");
});

test("the last audit finds nothing left and an unbroken chain, and what is spoiled afterwards", async () => {
  const { code, audit } = await readAudit(["--retention", `${RETENTION_MS / 1_000}s`]);
  assert.deepEqual([code, audit.findings], [0, []]);
  assert.deepEqual([audit.raw.objects, audit.processed.objects, audit.warehouse.rows], [0, 0, 0]);
  assert.equal(audit.chain.found, audit.chain.newest);
  assert.ok(audit.chain.found >= audit.chain.knownNewest && audit.chain.knownNewest > 10);

  const object = `${URLS.storage}/storage/v1/b/${BUCKETS.certificates}/o/certificates%2F3`;
  assert.ok((await fetch(object, { method: "DELETE" })).ok);
  const spoiled = await runAudit();
  assert.equal(spoiled.code, 1);
  assert.match(spoiled.stdout, /FAILED[^]*certificate 3 is missing/);

  await putObject(BUCKETS.raw, "stray.txt", "x");
  const { audit: last, code: lastCode } = await readAudit();
  assert.equal(lastCode, 1);
  assert.deepEqual(last.findings.map(({ code }) => code).sort(), ["chain_broken", "foreign_names"]);
});

/** Everything that is left, in one text: objects, rows and their copies, log lines. */
async function leftovers(): Promise<string> {
  const parts = [copies, system.lines.join("\n")];
  for (const bucket of Object.values(BUCKETS)) {
    parts.push(await listing(bucket));
    for (const name of await namesWith(bucket)) {
      parts.push(latin1((await readObject(bucket, name)).bytes));
    }
  }
  for (const table of ["images", "purges"]) {
    parts.push(JSON.stringify(await query(`SELECT * FROM tintype.${table}`)));
  }
  return parts.join("\n");
}

test("after the day's salt is dropped nothing that is left links an image to its subject or file", async () => {
  const before = await leftovers();
  const person = { dataDir: system.dataDir, subject: SUBJECT, file: sha256(picture) };
  assert.deepEqual(await linksIn(before, person), [SUBJECT, sha256(picture)]);
  const policy = retentionPolicyOf(RETENTION_MS);
  const today = dayOf(Math.max(...images.map(({ t0Ms }) => t0Ms)));
  const overAtMs = startOfDay(today) + DAY_MS + policy.periodMs;
  const dropped = (await readDays()).filter(({ day }) => day <= today);
  const config = gcsObjectStore({ bucket: BUCKETS.config, endpoint: STORAGE_URLS.keeper });
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  const keepAt = (nowMs: number) =>
    keepDays({ config, policy, pseudonymKey: 1, random, clock: { now: () => nowMs } });
  assert.equal((await keepAt(overAtMs - 1)).dropped, dropped.length - 1);
  assert.deepEqual(await linksIn(before, person), [SUBJECT, sha256(picture)]);
  assert.equal((await keepAt(overAtMs)).dropped, 1);
  const left = await leftovers();
  assert.deepEqual([await linksIn(left, person), await linksIn(before, person)], [[], []]);
  for (const { salt } of dropped) {
    assert.ok(!left.includes(salt));
    assert.deepEqual(await runningFiles(system.dataDir, salt), []);
  }
});
