import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { eventually } from "@tintype/core/testing/eventually";
import { askControl } from "../http/_testing.ts";
import { startEndpoint, startIdentity, startServer } from "../pubsub/_testing.ts";
import { IdentityTokens } from "../pubsub/identity_tokens.ts";
import { Scheduler, type SchedulerOptions } from "./scheduler.ts";
import { schedulerControls } from "./scheduler_control.ts";
import { schedulerJobs } from "./scheduler_jobs.ts";

// The shortest period, so that each interval is its least, a second.
const SHORTEST_MS = 10_000;

async function makeScheduler(
  t: TestContext,
  baseUrl: string,
  options: Partial<SchedulerOptions> = {},
) {
  const { url: oidcUrl } = await startIdentity(t);
  const identity = new IdentityTokens({ oidcUrl });
  const jobs = schedulerJobs({ baseUrl, retentionMs: SHORTEST_MS });
  const own = { jobs, identity, minBackoffMs: 20 };
  const scheduler = new Scheduler({ ...own, ...options });
  t.after(() => scheduler.close(0));
  return { scheduler, oidcUrl };
}

test("each job is fired at its interval with a token of the scheduler's account", async (t) => {
  const { url, pushed } = await startEndpoint(t, () => 200);
  const { scheduler, oidcUrl } = await makeScheduler(t, url);
  const startedAt = Date.now();
  scheduler.start();
  await eventually("two turns of three jobs", () => pushed.length === 6);
  const jobs = pushed.map(({ path }) => path).sort();
  const expected = ["erasures", "repair", "sweep"].flatMap((job) => [job, job]);
  assert.deepEqual(jobs, expected.map((job) => `/jobs/${job}`));
  assert.ok((pushed[0]?.atMs ?? 0) - startedAt >= 990);
  assert.ok((pushed[5]?.atMs ?? 0) - startedAt >= 1_990);
  for (const { path, authorization } of pushed) {
    const certs = createRemoteJWKSet(new URL(`${oidcUrl}/google/certs`));
    const token = authorization.replace(/^Bearer /, "");
    const { payload } = await jwtVerify(token, certs, { audience: url + path });
    assert.equal(payload["email"], "scheduler@tintype-local.iam.gserviceaccount.com");
  }
});

test("a failed job is tried again with backoff, before its next turn", async (t) => {
  const { url, pushed } = await startEndpoint(
    t,
    ({ path }) => path === "/jobs/sweep" ? 503 : 200,
  );
  const { scheduler } = await makeScheduler(t, url, { maxRetries: 3 });
  scheduler.start();
  const sweeps = () => pushed.filter(({ path }) => path === "/jobs/sweep");
  await eventually("three retries", () => sweeps().length === 4);
  const [first, , , last] = sweeps();
  const tookMs = (last?.atMs ?? 0) - (first?.atMs ?? 0);
  assert.ok(tookMs >= 135 && tookMs < 6_000, `${tookMs} ms`);
});

test("two of one job never run at once, and a turn that comes meanwhile is passed over", async (t) => {
  let underWay = 0;
  let most = 0;
  let calls = 0;
  const url = await startServer(t, async (request, response) => {
    if (request.url !== "/jobs/sweep") return void response.end();
    calls++;
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 150));
    underWay--;
    response.end();
  });
  const { scheduler } = await makeScheduler(t, url);
  await Promise.all([
    scheduler.run("sweep"),
    scheduler.run("sweep"),
    scheduler.run("sweep"),
  ]);
  assert.equal(calls, 3);
  assert.equal(most, 1);
});

test("POST /_local/scheduler sends the body that it is given, and answers with the job's status and body", async (t) => {
  const { url: endpoint, pushed } = await startEndpoint(t, () => 200);
  const posting = await makeScheduler(t, endpoint);
  const body = { since: "2026-03-14T12:00:00Z" };
  await askControl(schedulerControls(posting.scheduler), "POST", "/_local/scheduler", {
    ...{ job: "repair", body },
  });
  assert.deepEqual(pushed.map((each) => each.body), [body]);
  const url = await startServer(t, async (request, response) => {
    const status = request.url === "/jobs/sweep" ? 200 : 503;
    response.writeHead(status).end(status === 200 ? '{"deleted":3}' : "busy");
  });
  const { scheduler } = await makeScheduler(t, url);
  const run = async (job: string) => {
    const controls = schedulerControls(scheduler);
    const { status, body } = await askControl(controls, "POST", "/_local/scheduler", { job });
    return { status, body: { ...Object(body), ms: 0 } };
  };
  assert.deepEqual(await run("sweep"), {
    status: 200,
    body: { job: "sweep", status: 200, body: { deleted: 3 }, ms: 0 },
  });
  assert.deepEqual(await run("repair"), {
    status: 503,
    body: { job: "repair", status: 503, body: "busy", ms: 0 },
  });
});

test("each job follows its interval of the policy, and another name is no job", async (t) => {
  const jobs = schedulerJobs({ baseUrl: "http://here", retentionMs: 7 * 86_400_000 });
  assert.deepEqual(jobs, [
    { name: "sweep", url: "http://here/jobs/sweep", intervalMs: 300_000 },
    { name: "erasures", url: "http://here/jobs/erasures", intervalMs: 900_000 },
    { name: "repair", url: "http://here/jobs/repair", intervalMs: 600_000 },
    { name: "days", url: "http://here/jobs/days", intervalMs: 86_400_000 },
  ]);
  const { scheduler } = await makeScheduler(t, "http://localhost:1");
  await assert.rejects(scheduler.run("other"), RangeError);
});

test("POST /_local/scheduler answers 502 where the job cannot be reached, 400 and 405 to wrong calls", async (t) => {
  const { scheduler } = await makeScheduler(t, "http://localhost:1");
  const statusOf = async (method: string, body?: unknown, path = "/_local/scheduler") =>
    (await askControl(schedulerControls(scheduler), method, path, body)).status;
  assert.equal(await statusOf("POST", { job: "sweep" }), 502);
  assert.equal(await statusOf("POST", { job: "other" }), 400);
  assert.equal(await statusOf("GET"), 405);
  assert.equal(await statusOf("GET", undefined, "/_local/push"), 404);
});
