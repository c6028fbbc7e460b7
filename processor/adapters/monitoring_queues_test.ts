import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import { publish } from "@tintype/pubsub/publish";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { monitoringQueues } from "./monitoring_queues.ts";

const PROJECT = "tintype-local";
const EVENTS = "tintype-events";
const SLOW = "tintype-lane";

describe("monitoringQueues() on the local Pub/Sub", () => {
  let pubsub: Emulator;
  const queues = (...subscriptions: string[]) =>
    monitoringQueues({ projectId: PROJECT, subscriptions, endpoint: pubsub.url });
  const path = (kind: string, id: string) => `projects/${PROJECT}/${kind}/${id}`;
  const put = async (kind: string, id: string, body: object) => {
    const init = { method: "PUT", body: JSON.stringify(body) };
    assert.equal((await fetch(`${pubsub.url}/v1/${path(kind, id)}`, init)).status, 200);
  };
  before(async () => {
    pubsub = await startEmulator("pubsub");
    await put("topics", SLOW, {});
    await put("subscriptions", SLOW, { topic: path("topics", SLOW) });
  });
  after(async () => void await pubsub.stop());

  test("what waits since when follows the oldest message of any queue, also one that is being delivered", async () => {
    const all = queues(EVENTS, SLOW);
    const askedMs = Date.now();
    const since = await all.waitingSince() ?? assert.fail();
    assert.ok(since >= askedMs - 2_000 && since <= Date.now() - 1_000, "nothing waits");
    const publishedMs = Date.now();
    await publish({ endpoint: pubsub.url }, path("topics", SLOW), [{ data: "x" }]);
    const pulled = await fetch(`${pubsub.url}/v1/${path("subscriptions", SLOW)}:pull`, {
      method: "POST",
      body: JSON.stringify({ maxMessages: 1 }),
    });
    assert.equal((await pulled.json()).receivedMessages.length, 1);
    await publish({ endpoint: pubsub.url }, path("topics", EVENTS), [{ data: "y" }]);
    const waiting = await all.waitingSince() ?? assert.fail();
    assert.ok(waiting <= publishedMs + 500 && waiting > publishedMs - 3_000);
  });

  test("what waits is unknown where one of the queues is, and an error where nobody responds", async () => {
    assert.equal(await queues(EVENTS, "tintype-none").waitingSince(), undefined);
    const away = { projectId: PROJECT, subscriptions: [EVENTS], endpoint: "http://127.0.0.1:9" };
    const signal = AbortSignal.timeout(50);
    await assert.rejects(monitoringQueues(away).waitingSince({ signal }));
  });
});

test("monitoringQueues() takes the newest point, and counts messages of a queue that has no age", async () => {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const pointsOf = (...points: readonly (readonly [number, number])[]) =>
    points.map(([minutes, value]) => ({
      interval: { startTime: at(minutes), endTime: at(minutes) },
      value: { int64Value: String(value) },
    }));
  const series = (id: string, points: unknown) => ({
    resource: { type: "pubsub_subscription", labels: { subscription_id: id } },
    points,
  });
  let count = 0;
  const pages = [{ timeSeries: [series("a", pointsOf([4, 9], [3, 120]))], nextPageToken: "2" }, {}];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { searchParams } = new URL(request.url);
    const isAge = searchParams.get("filter")?.includes("oldest_unacked_message_age");
    const page = pages[searchParams.get("pageToken") === "2" ? 1 : 0];
    return Response.json(isAge ? page : { timeSeries: [series("b", pointsOf([1, count]))] });
  });
  try {
    const endpoint = `http://127.0.0.1:${server.addr.port}`;
    const queues = monitoringQueues({ projectId: PROJECT, subscriptions: ["a", "b"], endpoint });
    const ageMs = Date.now() - (await queues.waitingSince() ?? assert.fail());
    assert.ok(Math.abs(ageMs - (3 + 2) * 60_000 - 1_000) < 2_000, `${ageMs}`);
    count = 1;
    assert.equal(await queues.waitingSince(), undefined, "it holds messages of an unknown age");
  } finally {
    await server.shutdown();
  }
});
