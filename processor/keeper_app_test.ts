import { AppError } from "@tintype/core/errors";
import { imageIdOfRecord } from "@tintype/core/model/image_id";
import { parseDaySalts } from "@tintype/core/model/day_salts";
import { type ObjectName, rawName, receiptName, SHARDS } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { processErasure } from "@tintype/core/processing/process_erasure";
import { certificateSchema, isSigned } from "@tintype/core/retention/certificate";
import { sweptPartSchema } from "@tintype/core/retention/sweep_part";
import { dayOf } from "@tintype/core/model/utc_day";
import { verify } from "@tintype/core/testing/sample_certificate";
import { sampleRef } from "@tintype/core/testing/sample_row";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AUDIENCE,
  createKeeperFixture,
  KEEPER_ACCOUNT,
  type KeeperFixtureOptions,
  post,
  PUSH_ACCOUNT,
  SCHEDULER_ACCOUNT,
  startIssuer,
} from "./_app_fixture.ts";

const HOUR_MS = 3_600_000;
const EMPTY_LIST = { tenant: "acme", files: [], missing: [], kafka: [] };
const FILE = { name: `${sampleRef().imageId}/original.jpg`, bytes: 1, sha256: "0".repeat(64) };
const inAlphabet = (a: string, b: string) => SHARDS.indexOf(a) - SHARDS.indexOf(b);

describe("createKeeperApp()", () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  before(async () => void (issuer = await startIssuer()));
  after(async () => await issuer.stop());

  const tokenFor = (job: string, email = SCHEDULER_ACCOUNT) =>
    issuer.sign({ aud: `${AUDIENCE}/jobs/${job}`, email });

  function fixture(options: KeeperFixtureOptions = {}) {
    const made = createKeeperFixture(issuer.url, options);
    const runJob = async (job: string, body?: object) => {
      const token = await tokenFor(job);
      const answer = await post(made.app, `/jobs/${job}`, { token, body });
      assert.equal(answer.status, 200, job);
      return await answer.json();
    };
    return { ...made, runJob };
  }

  test("POST /jobs/sweep returns its certificate and publishes a copy", async () => {
    const { world, runJob } = fixture();
    assert.equal((await runJob("sweep")).n, 1);
    assert.deepEqual(world.certificates.names(), ["certificates/1"]);
    assert.ok(world.rows.purges().length > 0);
  });

  test("POST /jobs/sweep logs what refuses to go, and counts it as overdue", async () => {
    const before = (operation: string) => {
      if (operation !== "remove") return;
      throw new AppError("internal", "Cannot remove object: it responded with 403");
    };
    const { world, runJob, events } = fixture({ raw: { before } });
    const ref = sampleRef(Date.now() - 9 * 24 * HOUR_MS);
    await world.upload(ref);
    await runJob("sweep");
    const [refused, job] = events();
    const { event, severity, bucket, imageId, tenant, object, message } = refused;
    const why = "Cannot remove object: it responded with 403";
    assert.deepEqual([event, severity, message], ["purge_refused", "ERROR", why]);
    assert.deepEqual([bucket, imageId, tenant], ["raw", ref.imageId, ref.tenant]);
    assert.equal(object, ref.imageId);
    assert.deepEqual([job.event, job.overdue], ["job", 1]);
  });

  test("POST /jobs/sweep has other instances sweep parts, and logs the one that is missing", async () => {
    const { world, runJob, events, app } = fixture({
      sweepParts: 3,
      async sweepElsewhere(shards) {
        if (shards.includes("7")) throw new AppError("unavailable", "The instance died");
        const token = await tokenFor("sweep", KEEPER_ACCOUNT);
        const swept = await post(app, `/jobs/sweep/${shards.join("")}`, { token });
        assert.equal(swept.status, 200);
        return sweptPartSchema.parse(await swept.json());
      },
    });
    const owners = ["a", "m", "z", "7"].map((shard) => parseOwner(shard.repeat(20)));
    const t0Ms = Date.now() - 9 * 24 * HOUR_MS;
    for (const owner of owners) await world.upload({ ...sampleRef(t0Ms), owner });
    const { complete, missingShards } = await runJob("sweep");
    assert.deepEqual([complete, missingShards.length], [false, 11]);
    assert.deepEqual(world.raw.names().map((name) => name.charAt(0)), ["7", "z"]);
    const logged = events().map(({ event, job, shards }) => [event, job ?? shards]);
    const missing = ["sweep_part_missing", missingShards.toSorted(inAlphabet).join("")];
    assert.deepEqual(logged.toSorted(), [["job", "sweep"], ["job", "sweep_part"], missing]);
    assert.deepEqual(logged.at(-1), ["job", "sweep"]);
  });

  test("a part of a sweep is taken from the keeper itself alone, with the sweep's audience", async () => {
    const { app } = fixture();
    const statusOf = async (path: string, token: string) =>
      (await post(app, path, { token })).status;
    const own = await tokenFor("sweep", KEEPER_ACCOUNT);
    assert.equal(await statusOf("/jobs/sweep/ab", own), 200);
    assert.equal(await statusOf("/jobs/sweep/ab", await tokenFor("sweep")), 403);
    assert.equal(await statusOf("/jobs/sweep/ab", await tokenFor("repair", KEEPER_ACCOUNT)), 401);
    assert.equal(await statusOf("/jobs/sweep", own), 403);
    assert.equal(await statusOf("/jobs/sweep/1", own), 404);
  });

  test("POST /jobs/erasures deletes rows and writes the receipt", async () => {
    const { world, runJob } = fixture();
    const ref = sampleRef();
    await world.process(ref);
    await world.requestErasure(ref);
    await processErasure(world.ports, await world.delivery(ref));
    world.clock.nowMs += HOUR_MS / 20;
    const { requests, settled, rows } = await runJob("erasures");
    assert.deepEqual([requests, settled, rows], [1, 1, 1]);
    assert.ok(world.processed.names().includes(receiptName(ref)));
  });

  test("POST /jobs/repair at once publishes the event of what was never processed, a dry run does not", async () => {
    const { world, runJob, app } = fixture();
    const ref = sampleRef();
    await world.upload(ref);
    world.clock.nowMs += 24 * HOUR_MS;
    const since = new Date(Date.now() - HOUR_MS).toISOString();
    const counts = {
      shards: 32,
      lookedAt: 1,
      waiting: 0,
      republished: 1,
      survived: 0,
      failed: 0,
      heldBack: 0,
    };
    const known = { isAgeKnown: true, oldestWaitingMs: 0 };
    for (const [dryRun, events] of [[true, 0], [false, 1]] as const) {
      const repaired = await runJob("repair", { since, dryRun });
      assert.deepEqual(repaired, { ...known, ...counts, isDryRun: dryRun });
      assert.equal(world.events.length, events);
    }
    assert.deepEqual(world.events, [{ bucket: "raw", name: rawName(ref) }]);
    assert.equal((await runJob("repair", { since, shards: "" })).shards, 0);
    const text = await (await app.request("/metrics")).text();
    assert.ok(text.includes('tintype_keeper_republished_total{why="lost"} 1\n'), text);
  });

  test("POST /jobs/repair by schedule looks at a shard at most, and says where it cannot know what waits", async () => {
    const { world, runJob, events, app } = fixture();
    assert.ok((await runJob("repair")).shards <= 1);
    world.oldestWaitingMs = undefined;
    assert.equal((await runJob("repair")).isAgeKnown, false);
    assert.deepEqual(events().map(({ event }) => event), ["job", "queue_age_unknown", "job"]);
    for (const body of [{ since: "today" }, { shards: "1" }, { all: true }, "x"]) {
      const token = await tokenFor("repair");
      assert.equal((await post(app, "/jobs/repair", { token, body })).status, 400);
    }
  });

  test("POST /jobs/replay publishes what is not current by force, as many as its dry run says", async () => {
    const { world, runJob, events } = fixture();
    const nowMs = Date.now();
    const refs = [1, 2, 3].map((ago) => sampleRef(nowMs - ago));
    for (const ref of refs) await world.process(ref);
    const order = { version: "newer", tenant: "acme", max: 2, mayReject: true };
    const dry = await runJob("replay", { ...order, dryRun: true });
    assert.deepEqual([dry.images, dry.replayed, world.events.length], [3, 2, 0]);
    assert.deepEqual(await runJob("replay", order), { ...dry, isDryRun: false });
    const force = { beforeMs: undefined, mayReject: true };
    const names = refs.toReversed().slice(0, 2).map(rawName);
    assert.deepEqual(world.events, names.map((name) => ({ bucket: "raw", name, force })));
    assert.deepEqual([events()[1].job, events()[1].replayed], ["replay", 2]);
    assert.equal((await runJob("replay", { ...order, version: "test" })).images, 0);
  });

  test("POST /jobs/rebuild-rows publishes the events of manifests whose row is missing", async () => {
    const { world, runJob } = fixture();
    const ref = sampleRef();
    await world.process(ref);
    await world.rows.purge(Infinity);
    const { missing, published } = await runJob("rebuild-rows", { days: [dayOf(Date.now())] });
    assert.deepEqual([missing, published], [1, 1]);
    assert.deepEqual(world.events, [{ bucket: "raw", name: rawName(ref) }]);
  });

  test("POST /jobs/image returns what is known of an image, by its id and by its record", async () => {
    const { world, runJob, events } = fixture();
    const position = { cluster: "main", topic: "images", partition: 2, offset: "17" };
    const ref = { ...sampleRef(), imageId: await imageIdOfRecord(position, Date.now()) };
    await world.process(ref);
    const [byId] = (await runJob("image", { imageId: ref.imageId })).images;
    assert.deepEqual([byId.owner, byId.left, byId.rows.length], [ref.owner, "ready", 1]);
    assert.deepEqual((await runJob("image", { origin: "images/2/17" })).images, [byId]);
    assert.deepEqual((await runJob("image", { origin: "images/2/18" })).images, []);
    assert.deepEqual([events()[0].images, events()[0].left], [1, "ready"]);
  });

  for (
    const [job, body, why] of [
      ["replay", {}, /must have either version, what is current, or before/],
      ["replay", { version: "a", before: "2026-11-30T08:00:00Z" }, /either version/],
      ["replay", { version: "a", where: "TRUE" }, /where/],
      ["replay", { version: "a", max: 100_001 }, /max/],
      ["replay", { version: "a", reason: "'; --" }, /reason/],
      ["replay", { version: "a", budgetUsd: 1e-9 }, /price of one image/],
      ["image", { origin: "images/2" }, /topic\/partition\/offset/],
      ["image", { imageId: "%" }, /must be an image's id/],
      ["image", {}, /either imageId or origin/],
      ["rebuild-rows", { days: ["2026-02-30"] }, /days\.0/],
      ["export", { tenant: "acme" }, /subject/],
      ["export-list", { ...EMPTY_LIST, files: [{ ...FILE, name: "../list" }] }, /files\.0\.name/],
      ["export-list", { ...EMPTY_LIST, places: [] }, /places/],
    ] as const
  ) {
    test(`POST /jobs/${job} refuses ${JSON.stringify(body)} and says why`, async () => {
      const { app, world } = fixture();
      const answer = await post(app, `/jobs/${job}`, { token: await tokenFor(job), body });
      assert.equal(answer.status, 400);
      assert.match((await answer.json()).detail, why);
      assert.deepEqual(world.events, []);
    });
  }

  test("POST /jobs/erase takes a tenant and a subject, whom it neither logs nor returns", async () => {
    const { runJob, events, app } = fixture();
    const body = { tenant: "acme", subject: "ann@example.com" };
    const erased = await runJob("erase", body);
    assert.deepEqual(erased, { days: 0, requested: 0, images: [], isDryRun: false });
    assert.ok(!JSON.stringify(events()).includes("ann"));
    const { tenant, subject } = body;
    for (
      const wrong of [{ tenant }, { subject }, { ...body, tenant: "A" }, { ...body, all: true }]
    ) {
      const token = await tokenFor("erase");
      assert.equal((await post(app, "/jobs/erase", { token, body: wrong })).status, 400);
    }
  });

  test("POST /jobs/export names no subject, and the list that POST /jobs/export-list signs is no certificate", async () => {
    const { runJob, events } = fixture();
    const exported = await runJob("export", { tenant: "acme", subject: "ann@example.com" });
    assert.deepEqual(exported, { days: 0, images: 0, erased: 0, page: [] });
    const { text } = await runJob("export-list", { ...EMPTY_LIST, files: [FILE] });
    const bytes = new TextEncoder().encode(text);
    assert.deepEqual(JSON.parse(text).files, [FILE]);
    assert.ok(await isSigned(bytes, verify));
    assert.ok(!await isSigned(new TextEncoder().encode(text.replace("acme", "acne")), verify));
    assert.equal(certificateSchema.safeParse(JSON.parse(text)).success, false);
    assert.ok(!JSON.stringify(events()).includes("ann"));
  });

  test("POST /jobs/days makes the days that are near, and logs where they are few", async () => {
    const { world, runJob, events } = fixture();
    const { added, ahead } = await runJob("days");
    assert.deepEqual([added, ahead], [16, 8]);
    const bytes = await world.config.read("days.json" as ObjectName);
    assert.equal(parseDaySalts(bytes ?? new Uint8Array()).length, 16);
    assert.deepEqual(events().map(({ event }) => event), ["job"]);
  });

  test("GET /metrics counts jobs, and shows what is overdue and how many days are ahead", async () => {
    const { app, runJob } = fixture();
    for (const job of ["sweep", "erasures", "days"]) await runJob(job);
    const text = await (await app.request("/metrics")).text();
    for (
      const line of [
        'tintype_keeper_jobs_total{job="sweep",outcome="done"} 1',
        "tintype_keeper_overdue_items 0",
        "tintype_keeper_erasures_overdue 0",
        "tintype_keeper_days_ahead 8",
      ]
    ) assert.ok(text.includes(`${line}\n`), `${line} is in\n${text}`);
  });

  test("jobs are refused to the account of pushes", async () => {
    const { app, world } = fixture();
    const token = await tokenFor("sweep", PUSH_ACCOUNT);
    assert.equal((await post(app, "/jobs/sweep", { token })).status, 403);
    assert.equal((await post(app, "/jobs/sweep")).status, 401);
    assert.deepEqual(world.certificates.names(), []);
  });
});
