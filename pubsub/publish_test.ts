import assert from "node:assert/strict";
import { test } from "node:test";
import { makeAccess, respond, TOPIC } from "./_testing.ts";
import { publish } from "./publish.ts";
import { PubSubError } from "./pubsub_error.ts";

const ids = (count: number) => ({ messageIds: Array.from({ length: count }, (_, n) => `${n}`) });

test("publish() sends UTF-8 as base64 with attributes and a token, and returns the ids", async () => {
  const { access, requests } = makeAccess(() => respond(200, ids(2)));
  const messages = [{ data: "Grüße", attributes: { type: "image.ready" } }, { data: "" }];
  assert.deepEqual(await publish(access, TOPIC, messages), ["0", "1"]);
  const [request] = requests;
  assert.equal(request?.url, `http://pubsub.test/v1/${TOPIC}:publish`);
  assert.equal(request?.method, "POST");
  assert.equal(request?.headers["authorization"], "Bearer token-1");
  assert.deepEqual(request?.body, {
    messages: [{ data: "R3LDvMOfZQ==", attributes: { type: "image.ready" } }, {}],
  });
});

test("publish() takes as few requests as the limits allow, and keeps the order of ids", async () => {
  const { access, requests } = makeAccess(({ body }) => respond(200, ids(lengthOf(body))));
  const small = Array.from({ length: 1_001 }, () => ({ data: "x" }));
  assert.equal((await publish(access, TOPIC, small)).length, 1_001);
  assert.deepEqual(requests.map(({ body }) => lengthOf(body)), [1_000, 1]);
  requests.length = 0;
  const large = Array.from({ length: 3 }, () => ({ data: "x".repeat(3_000_000) }));
  assert.equal((await publish(access, TOPIC, large)).length, 3);
  assert.deepEqual(requests.map(({ body }) => lengthOf(body)), [2, 1]);
  requests.length = 0;
  assert.deepEqual(await publish(access, TOPIC, []), []);
  assert.equal(requests.length, 0);
});

test("publish() is tried again with a new token where another try may succeed", async () => {
  const answers = [() => respond(503, {}), () => Promise.reject(new TypeError("reset"))];
  const { access, requests } = makeAccess(() => answers.shift()?.() ?? respond(200, ids(1)));
  assert.deepEqual(await publish(access, TOPIC, [{ data: "x" }]), ["0"]);
  const tokens = requests.map(({ headers }) => headers["authorization"]);
  assert.deepEqual(tokens, ["Bearer token-1", "Bearer token-2", "Bearer token-3"]);
});

test("publish() throws what Pub/Sub refuses at once, with its status and code", async () => {
  const error = {
    error: { code: 403, message: "User not authorized", status: "PERMISSION_DENIED" },
  };
  const { access, requests } = makeAccess(() => respond(403, error));
  await assert.rejects(publish(access, TOPIC, [{ data: "x" }]), (thrown: unknown) => {
    assert.ok(thrown instanceof PubSubError);
    assert.deepEqual([thrown.status, thrown.code], [403, "PERMISSION_DENIED"]);
    assert.match(thrown.message, /User not authorized/);
    return true;
  });
  assert.equal(requests.length, 1);
});

test("publish() gives up after its attempts, and when its signal is aborted", async () => {
  const { access, requests } = makeAccess(() => respond(429, {}));
  await assert.rejects(publish(access, TOPIC, [{ data: "x" }]), { status: 429 });
  assert.equal(requests.length, 3);
  const ending = new AbortController();
  const stuck = makeAccess(({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      ending.abort(new Error("over"));
    })
  );
  const publishing = publish(stuck.access, TOPIC, [{ data: "x" }], { signal: ending.signal });
  await assert.rejects(publishing, /over/);
});

test("publish() does not believe a response without an id for each message", async () => {
  const { access } = makeAccess(() => respond(200, ids(1)));
  await assert.rejects(publish(access, TOPIC, [{ data: "a" }, { data: "b" }]), PubSubError);
});

function lengthOf(body: unknown): number {
  return Object(body).messages.length;
}
