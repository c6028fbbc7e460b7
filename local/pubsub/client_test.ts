import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchTransport } from "@tintype/gcs/transport";
import { publish } from "@tintype/pubsub/publish";
import { acknowledge, modifyAckDeadline, pull } from "@tintype/pubsub/pull";
import { problemsOf } from "./_descriptors_testing.ts";
import { PROJECT, startApi } from "./_testing.ts";

const TOPIC = `projects/${PROJECT}/topics/things`;
const SUBSCRIPTION = `projects/${PROJECT}/subscriptions/things`;

test("what our client sends and receives is as Pub/Sub's descriptors say", async (t) => {
  const { call, url: endpoint } = await startApi(t);
  await call("PUT", "topics/things", {});
  await call("PUT", "subscriptions/things", { topic: TOPIC });
  const checked: string[] = [];
  const access = {
    endpoint,
    token: () => Promise.resolve("token"),
    transport: async (request: Parameters<typeof fetchTransport>[0]) => {
      const response = await fetchTransport(request);
      const text = await response.text();
      const [bytes] = request.body as readonly Uint8Array[]; // one part
      const body = JSON.parse(new TextDecoder().decode(bytes));
      const path = request.url.slice(endpoint.length);
      const sent = { method: request.method, path, body };
      assert.deepEqual(problemsOf(sent, JSON.parse(text)), []);
      checked.push(path.split(":").at(-1) ?? "");
      return {
        ...response,
        status: response.status,
        headers: response.headers,
        text: async () => text,
      };
    },
  };
  const data = JSON.stringify({ image_id: "ü".repeat(50_000) });
  const attributes = { type: "image.ready" };
  const ids = await publish(access, TOPIC, [{ data, attributes }, { data: "second" }]);
  const [first, second] = await pull(access, SUBSCRIPTION, { maxMessages: 10 });
  assert.deepEqual([first?.messageId, second?.messageId], ids);
  assert.equal(new TextDecoder().decode(first?.data), data);
  assert.deepEqual(first?.attributes, attributes);
  await acknowledge(access, SUBSCRIPTION, [first?.ackId ?? ""]);
  await modifyAckDeadline(access, SUBSCRIPTION, { ackIds: [second?.ackId ?? ""], seconds: 0 });
  const [again, ...none] = await pull(access, SUBSCRIPTION, { maxMessages: 10 });
  assert.deepEqual([again?.messageId, none.length], [second?.messageId, 0]);
  const verbs = ["publish", "pull", "acknowledge", "modifyAckDeadline", "pull"];
  assert.deepEqual(checked, verbs);
});

test("the descriptors find what is wrong", () => {
  const path = `/v1/${TOPIC}:publish`;
  const problems = (body: unknown, response?: unknown, method = "POST") =>
    problemsOf({ method, path, body }, response).length;
  assert.equal(problems({ messages: [{ data: "YQ==" }] }, { messageIds: ["1"] }), 0);
  assert.equal(problems({ messages: [{ data: "a" }] }), 1);
  assert.equal(problems({ messages: { data: "YQ==" } }), 1);
  assert.equal(problems({ messages: [{ attributes: { a: 1 } }] }), 1);
  assert.equal(problems({ message: [] }), 1);
  assert.equal(problems({}, { messageIds: [1] }), 1);
  assert.equal(problems({}, {}, "PUT"), 1);
});
