import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type QueueOptions, startApi } from "./_testing.ts";

const TOPIC = "projects/tintype-local/topics/things";
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The API with a topic `things` and a subscription `all` of it, and a clock that stands still until it is moved. */
async function startThings(t: TestContext, settings: object = {}, options: QueueOptions = {}) {
  let nowMs = Date.now();
  const api = await startApi(t, { clock: { now: () => nowMs }, ...options });
  const pass = (ms: number) => void (nowMs += ms);
  assert.equal((await api.call("PUT", "topics/things", {})).status, 200);
  const created = await api.call("PUT", "subscriptions/all", { topic: TOPIC, ...settings });
  assert.equal(created.status, 200, JSON.stringify(created.body));
  const publish = async (...texts: string[]) => {
    const messages = texts.map((text) => ({ data: base64(text), attributes: { text } }));
    return (await api.call("POST", "topics/things:publish", { messages })).body["messageIds"];
  };
  const pull = async (maxMessages = 10, id = "all") => {
    const body = { maxMessages, returnImmediately: true };
    const { receivedMessages = [] } =
      (await api.call("POST", `subscriptions/${id}:pull`, body)).body;
    return receivedMessages as Received[]; // held against the descriptors
  };
  const settle = (verb: string, ackIds: readonly string[], more: object = {}) =>
    api.call("POST", `subscriptions/all:${verb}`, { ackIds, ...more });
  return { ...api, created, pass, publish, pull, settle };
}

interface Received {
  readonly ackId: string;
  readonly deliveryAttempt?: number;
  readonly message: { messageId: string; data: string; attributes: Record<string, string> };
}

const textsOf = (all: readonly Received[]) => all.map(({ message }) => message.attributes["text"]);

test("a topic is created once, shown, listed by pages and deleted", async (t) => {
  const { call } = await startApi(t);
  const body = { labels: { app: "tintype" }, messageRetentionDuration: "600s" };
  const topic = { name: TOPIC, ...body };
  assert.deepEqual((await call("PUT", "topics/things", body)).body, topic);
  assert.equal((await call("PUT", "topics/things", {})).code, "ALREADY_EXISTS");
  assert.deepEqual((await call("GET", "topics/things")).body, topic);
  const names: unknown[] = [];
  for (let token = ""; token !== "undefined";) {
    const query = `pageSize=2${token === "" ? "" : `&pageToken=${encodeURIComponent(token)}`}`;
    const page = (await call("GET", `topics?${query}`)).body;
    names.push(...(page["topics"] as { name: string }[]).map(({ name }) => name.split("/").at(-1)));
    token = String(page["nextPageToken"]);
  }
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7].map((lane) => `slow-${lane}`);
  const own = ["certificates", "events", "events-dead", "images", "images-dead", "slow-dead"]
    .concat(["webhooks", "webhooks-dead"], lanes, lanes.map((lane) => `webhooks-${lane}`));
  assert.deepEqual(names, ["things", ...own.map((name) => `tintype-${name}`)].sort());
  assert.deepEqual((await call("DELETE", "topics/things")).body, {});
  assert.equal((await call("GET", "topics/things")).code, "NOT_FOUND");
  assert.equal((await call("POST", "topics/things:publish", { messages: [{}] })).status, 400);
});

test("a subscription has Pub/Sub's defaults, and a patch changes what its mask names", async (t) => {
  const { created, call } = await startThings(t);
  assert.deepEqual(created.body, {
    name: "projects/tintype-local/subscriptions/all",
    topic: TOPIC,
    ackDeadlineSeconds: 10,
    messageRetentionDuration: "604800s",
    filter: "",
    pushConfig: {},
    state: "ACTIVE",
  });
  const subscription = {
    ackDeadlineSeconds: 60,
    retryPolicy: {},
    messageRetentionDuration: "600s",
  };
  const updateMask = "ackDeadlineSeconds,retryPolicy";
  const patched = await call("PATCH", "subscriptions/all", { subscription, updateMask });
  assert.deepEqual(patched.body, {
    ...created.body,
    ackDeadlineSeconds: 60,
    retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
  });
  const filter = await call("PATCH", "subscriptions/all", {
    subscription: { filter: "attributes:x" },
    updateMask: "filter",
  });
  assert.equal(filter.code, "INVALID_ARGUMENT");
  assert.deepEqual((await call("DELETE", "subscriptions/all")).body, {});
  assert.equal((await call("GET", "subscriptions/all")).code, "NOT_FOUND");
});

test("a subscription outlives its topic, with what it holds", async (t) => {
  const { call, publish, pull } = await startThings(t);
  await publish("a");
  await call("DELETE", "topics/things");
  assert.equal((await call("GET", "subscriptions/all")).body["topic"], "_deleted-topic_");
  assert.deepEqual(textsOf(await pull()), ["a"]);
});

test("what is published is pulled until it is acknowledged, in the lease of one caller at a time", async (t) => {
  const { pass, publish, pull, settle } = await startThings(t);
  const ids = await publish("a", "b");
  const [first, second] = await pull();
  assert.deepEqual([first?.message.messageId, second?.message.messageId], ids);
  assert.equal(Buffer.from(first?.message.data ?? "", "base64").toString(), "a");
  assert.equal(first !== undefined && "deliveryAttempt" in first, false);
  pass(9_999);
  assert.deepEqual(await pull(), []);
  await settle("acknowledge", [first?.ackId ?? ""]);
  pass(1);
  assert.deepEqual(textsOf(await pull()), ["b"]);
  await settle("acknowledge", [second?.ackId ?? ""]);
  pass(10_000);
  assert.deepEqual(textsOf(await pull()), ["b"], "the lease of an earlier delivery is over");
});

test("a deadline is moved, and one of nothing refuses the message", async (t) => {
  const { pass, publish, pull, settle } = await startThings(t);
  await publish("a");
  const [first] = await pull();
  await settle("modifyAckDeadline", [first?.ackId ?? ""], { ackDeadlineSeconds: 30 });
  pass(29_999);
  assert.deepEqual(await pull(), []);
  await settle("modifyAckDeadline", [first?.ackId ?? ""]);
  assert.deepEqual(textsOf(await pull()), ["a"]);
});

test("a pull waits for a message that is published meanwhile", async (t) => {
  const { call, publish } = await startThings(t);
  const pulling = call("POST", "subscriptions/all:pull", { maxMessages: 5 });
  await sleep(50);
  await publish("a");
  assert.equal(((await pulling).body["receivedMessages"] as Received[]).length, 1);
});

test("a refused message waits for its backoff, and is a dead letter after its attempts", async (t) => {
  const deadLetterPolicy = { deadLetterTopic: `${TOPIC}-dead`, maxDeliveryAttempts: 5 };
  const timing = { minBackoffMs: 40, maxBackoffMs: 40, maxAttempts: undefined };
  const api = await startThings(t, { deadLetterPolicy, retryPolicy: {} }, { timing });
  const { call, pass, publish, pull, settle } = api;
  const refuse = async (all: readonly Received[]) => {
    await settle("modifyAckDeadline", all.map(({ ackId }) => ackId));
    return all.map(({ deliveryAttempt }) => deliveryAttempt);
  };
  await publish("a");
  const attempts: unknown[] = [];
  for (let attempt = 1; attempt <= 6; attempt++) {
    attempts.push(...await refuse(await pull()));
    pass(39);
    assert.deepEqual(await pull(), [], "not before its backoff");
    pass(1);
  }
  assert.deepEqual(attempts, [1, 2, 3, 4, 5, 6], "its topic is not there yet");
  await call("PUT", "topics/things-dead", {});
  await call("PUT", "subscriptions/letters", { topic: `${TOPIC}-dead` });
  await refuse(await pull());
  const [letter] = await pull(1, "letters");
  assert.equal(letter?.message.attributes["CloudPubSubDeadLetterSourceDeliveryCount"], "7");
  assert.equal(letter?.message.attributes["CloudPubSubDeadLetterSourceSubscription"], "all");
  assert.equal(letter?.message.attributes["text"], "a");
});

test("a filter decides when a message is published, and a message without subscription is gone", async (t) => {
  const { call, publish, pull } = await startThings(t);
  const filter = 'attributes.text = "b"';
  await call("PUT", "subscriptions/some", { topic: TOPIC, filter });
  await publish("a", "b");
  assert.deepEqual(textsOf(await pull(10, "some")), ["b"]);
  assert.deepEqual(textsOf(await pull()), ["a", "b"]);
  await call("PUT", "subscriptions/late", { topic: TOPIC });
  assert.deepEqual(await pull(10, "late"), []);
});

test("a push subscription cannot be pulled before its endpoint is taken away", async (t) => {
  const { call, publish, pull } = await startThings(t);
  const push = { pushConfig: { pushEndpoint: "http://localhost:1/" } };
  assert.deepEqual((await call("POST", "subscriptions/all:modifyPushConfig", push)).body, {});
  const refused = await call("POST", "subscriptions/all:pull", { maxMessages: 1 });
  assert.equal(refused.code, "FAILED_PRECONDITION");
  const none = { pushConfig: {} };
  assert.equal((await call("POST", "subscriptions/all:modifyPushConfig", none)).status, 200);
  await publish("a");
  assert.deepEqual(textsOf(await pull()), ["a"]);
});

const MANY = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`key${n}`, "x"]));
const newSubscription = (fields: object) =>
  ["PUT", "subscriptions/new", { topic: TOPIC, ...fields }] as const;
const publishing = (message: object) =>
  ["POST", "topics/things:publish", { messages: [message] }] as const;
const REFUSED = [
  ["PUT", "topics/goog-things", {}],
  ["PUT", "topics/a", {}],
  ["PUT", "topics/1things", {}],
  ["PUT", "topics/things", { name: "projects/tintype-local/topics/others" }],
  ["PUT", "topics/things", { messageRetentionDuration: "599s" }],
  ["PUT", "subscriptions/new", {}],
  ["PUT", "subscriptions/new", { topic: "things" }],
  newSubscription({ ackDeadlineSeconds: 9 }),
  newSubscription({ ackDeadlineSeconds: 601 }),
  newSubscription({ messageRetentionDuration: "2678401s" }),
  newSubscription({ filter: "attributes" }),
  newSubscription({ retryPolicy: { maximumBackoff: "601s" } }),
  newSubscription({ pushConfig: { pushEndpoint: "ftp://x/" } }),
  newSubscription({ deadLetterPolicy: { deadLetterTopic: TOPIC, maxDeliveryAttempts: 4 } }),
  newSubscription({
    pushConfig: { pushEndpoint: "http://x/" },
    bigqueryConfig: { table: "p.d.t" },
  }),
  ["POST", "topics/things:publish", { messages: [] }],
  publishing({}),
  publishing({ data: "*" }),
  publishing({ attributes: MANY }),
  publishing({ attributes: { ["k".repeat(257)]: "" } }),
  publishing({ attributes: { googkey: "x" } }),
  publishing({ attributes: { key: "é".repeat(513) } }),
  publishing({ data: base64("x".repeat(10_000_001)) }),
  ["POST", "topics/things:publish", { messages: Array(1_001).fill({ data: "YQ==" }) }],
  ["POST", "subscriptions/all:pull", { maxMessages: 0 }],
  ["POST", "subscriptions/all:acknowledge", { ackIds: ["none"] }],
  ["POST", "subscriptions/all:acknowledge", { ackIds: [] }],
  ["POST", "subscriptions/all:modifyAckDeadline", { ackIds: ["1:a"], ackDeadlineSeconds: 601 }],
] as const;

test("what Pub/Sub refuses is INVALID_ARGUMENT", async (t) => {
  const { call } = await startThings(t);
  for (const [method, path, body] of REFUSED) {
    const { code, status } = await call(method, path, body);
    const what = `${method} ${path} ${JSON.stringify(body).slice(0, 100)}`;
    assert.deepEqual([code, status], ["INVALID_ARGUMENT", 400], what);
  }
  for (const path of ["subscriptions/none:pull", "topics/none:publish"]) {
    const body = path.endsWith("pull") ? { maxMessages: 1 } : { messages: [{ data: "YQ==" }] };
    assert.equal((await call("POST", path, body)).code, "NOT_FOUND", path);
  }
  const orphan = { topic: "projects/tintype-local/topics/none" };
  assert.equal((await call("PUT", "subscriptions/new", orphan)).code, "NOT_FOUND");
});

const NOT_THERE = [
  ["PUT", "topics/new", { kmsKeyName: "k" }, "kmsKeyName"],
  ["PUT", "topics/new", { schemaSettings: {} }, "schemaSettings"],
  [...newSubscription({ enableMessageOrdering: true }), "enableMessageOrdering"],
  [...newSubscription({ enableExactlyOnceDelivery: true }), "enableExactlyOnce"],
  [...newSubscription({ pushConfig: { noWrapper: {} } }), "pushConfig.noWrapper"],
  [
    ...newSubscription({ bigqueryConfig: { table: "p.d.t", useTopicSchema: true } }),
    "bigqueryConfig.useTopicSchema",
  ],
  [...publishing({ data: "YQ==", orderingKey: "k" }), "orderingKey"],
  ["POST", "subscriptions/all:seek", { time: "2026-01-01T00:00:00Z" }, ":seek"],
  ["PUT", "snapshots/one", {}, "snapshots"],
  ["GET", "topics/things:getIamPolicy", undefined, ":getIamPolicy"],
  ["GET", "topics/things?fields=name", undefined, "fields"],
] as const;

test("what this emulator does not do is UNIMPLEMENTED, by its name", async (t) => {
  const { call } = await startThings(t);
  for (const [method, path, body, name] of NOT_THERE) {
    const answer = await call(method, path, body);
    assert.equal(answer.status, 501, path);
    assert.ok(JSON.stringify(answer.body).includes(name), JSON.stringify(answer.body));
  }
});

test("an identity's port may publish and pull what the table of rights grants it, and nothing else", async (t) => {
  const api = await startApi(t, {}, "processor");
  const messages = [{ data: base64("{}") }];
  const codeOf = async (method: string, path: string, body?: unknown) =>
    (await api.call(method, path, body)).code;
  assert.equal(await codeOf("POST", "topics/tintype-images:publish", { messages }), undefined);
  for (const topic of ["tintype-events", "tintype-certificates", "none"]) {
    assert.equal(
      await codeOf("POST", `topics/${topic}:publish`, { messages }),
      "PERMISSION_DENIED",
    );
  }
  const pull = { maxMessages: 1, returnImmediately: true };
  const letters = "subscriptions/tintype-images-dead";
  assert.equal(await codeOf("POST", `${letters}:pull`, pull), "PERMISSION_DENIED");
  assert.equal(await codeOf("GET", "topics/tintype-images"), "PERMISSION_DENIED");
  assert.equal(await codeOf("PUT", "topics/new", {}), "PERMISSION_DENIED");
  assert.equal(await codeOf("DELETE", letters), "PERMISSION_DENIED");
});
