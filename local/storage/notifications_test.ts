import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { eventually } from "@tintype/core/testing/eventually";
import { askControl } from "../http/_testing.ts";
import { startApi } from "../pubsub/_testing.ts";
import { putMedia, readRecord, startTestStorage, type TestStorage } from "./_fixture.ts";
import { EVENTS_TOPIC } from "./notification_outbox.ts";
import { makeNotifications } from "./notifications.ts";

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** A storage that publishes to a Pub/Sub, where `pull` reads its events. */
async function startBoth(t: TestContext) {
  const pubsub = await startApi(t);
  await pubsub.call("PUT", "subscriptions/seen", { topic: EVENTS_TOPIC });
  const notifications = makeNotifications({ pubsubUrl: pubsub.url, log: SILENT });
  t.after(() => notifications.close());
  const storage = await startTestStorage(t, { notify: notifications.open });
  notifications.start(storage.url);
  const pull = async () => {
    const body = { maxMessages: 10, returnImmediately: true };
    const answer = await pubsub.call("POST", "subscriptions/seen:pull", body);
    const all = (answer.body["receivedMessages"] ?? []) as { message: Published }[]; // the API's
    return all.map(({ message }) => message);
  };
  return { pubsub, storage, pull };
}

interface Published {
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: string;
}

async function control({ url }: TestStorage, method: string, name: string, body?: unknown) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${url}/_local/${name}`, { method, ...sent });
  return { status: response.status, body: readRecord(await response.json()) };
}

test("a new object is published with the notification of Cloud Storage", async (t) => {
  const { storage, pull } = await startBoth(t);
  const first = readRecord(await (await putMedia(storage, "2026-11-21/acme/o/1")).json());
  const second = readRecord(await (await putMedia(storage, "2026-11-21/acme/o/1", "x")).json());
  const seen: Published[] = [];
  await eventually("both", async () => seen.push(...await pull()) === 2);
  const [one, two] = seen;
  const { eventTime, ...attributes } = two?.attributes ?? {};
  assert.ok(Math.abs(Date.parse(eventTime ?? "") - Date.now()) < 10_000);
  assert.deepEqual(attributes, {
    notificationConfig: "projects/_/buckets/tintype-raw/notificationConfigs/1",
    eventType: "OBJECT_FINALIZE",
    payloadFormat: "JSON_API_V1",
    bucketId: "tintype-raw",
    objectId: "2026-11-21/acme/o/1",
    objectGeneration: second["generation"],
    overwroteGeneration: first["generation"],
  });
  assert.equal(one !== undefined && "overwroteGeneration" in one.attributes, false);
  const resource = JSON.parse(Buffer.from(two?.data ?? "", "base64").toString());
  assert.deepEqual(resource, second);
  const configs = async (bucket: string) => {
    const response = await fetch(`${storage.url}/storage/v1/b/${bucket}/notificationConfigs`);
    return JSON.stringify(await response.json());
  };
  assert.match(await configs("tintype-erasures"), new RegExp(`/${EVENTS_TOPIC}"`));
  assert.doesNotMatch(await configs("tintype-processed"), /topic/);
});

test("the controls of deliveries are Pub/Sub's", async (t) => {
  const { pubsub, storage } = await startBoth(t);
  const hold = await control(storage, "POST", "push", { hold: true, duplicate: 2 });
  assert.deepEqual(hold.body["settings"], readRecord(pubsub.status())["settings"]);
  await putMedia(storage, "one");
  await eventually("queued", async () => {
    const { body } = await control(storage, "GET", "push");
    return body["held"] === 6;
  });
  assert.equal((await control(storage, "POST", "push", { hold: "yes" })).status, 400);
  const redriven = await control(storage, "POST", "push/redrive", {});
  assert.deepEqual(redriven, { status: 200, body: { redriven: 0 } });
});

test("while Pub/Sub does not respond, notifications wait, and its controls are 502", async (t) => {
  const notifications = makeNotifications({ pubsubUrl: "http://127.0.0.1:9", log: SILENT });
  t.after(() => notifications.close());
  let controls: Parameters<typeof askControl>[0] = [];
  const storage = await startTestStorage(t, {
    notify(db) {
      const opened = notifications.open(db);
      controls = opened.controls;
      return opened;
    },
  });
  notifications.start(storage.url);
  await putMedia(storage, "one");
  const waiting = await askControl(controls, "GET", "/_local/notifications");
  assert.deepEqual(waiting.body, { waiting: 1 });
  for (const [method, path] of [["GET", "push"], ["POST", "push/redrive"], ["POST", "scheduler"]]) {
    assert.equal((await control(storage, method ?? "", path ?? "")).status, 502, path);
  }
});
