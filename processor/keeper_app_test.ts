import { AppError } from "@tintype/core/errors";
import { parseDaySalts } from "@tintype/core/model/day_salts";
import { type ObjectName, rawName, receiptName } from "@tintype/core/model/object_name";
import { processErasure } from "@tintype/core/processing/process_erasure";
import { sampleRef } from "@tintype/core/testing/sample_row";
import type { TestWorldOptions } from "@tintype/core/testing/test_world";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  AUDIENCE,
  createKeeperFixture,
  post,
  PUSH_ACCOUNT,
  SCHEDULER_ACCOUNT,
  startIssuer,
} from "./_app_fixture.ts";

const HOUR_MS = 3_600_000;

describe("createKeeperApp()", () => {
  let issuer: Awaited<ReturnType<typeof startIssuer>>;
  before(async () => void (issuer = await startIssuer()));
  after(async () => await issuer.stop());

  const tokenFor = (job: string, email = SCHEDULER_ACCOUNT) =>
    issuer.sign({ aud: `${AUDIENCE}/jobs/${job}`, email });

  function fixture(options: TestWorldOptions = {}) {
    const made = createKeeperFixture(issuer.url, options);
    const runJob = async (job: string) => {
      const answer = await post(made.app, `/jobs/${job}`, { token: await tokenFor(job) });
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
    await world.upload(sampleRef(Date.now() - 9 * 24 * HOUR_MS));
    await runJob("sweep");
    const logged = events().map((line) => [line.event, line.severity, line.overdue, line.message]);
    assert.deepEqual(logged, [
      ["purge_refused", "ERROR", undefined, "Cannot remove object: it responded with 403"],
      ["job", "INFO", 1, undefined],
    ]);
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

  test("POST /jobs/repair publishes the event of what was never processed", async () => {
    const { world, runJob } = fixture();
    const ref = sampleRef();
    await world.upload(ref);
    world.clock.nowMs += 24 * HOUR_MS;
    assert.deepEqual(await runJob("repair"), { lookedAt: 1, republished: 1, survived: 0 });
    assert.deepEqual(world.events, [{ bucket: "raw", name: rawName(ref) }]);
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
