import assert from "node:assert/strict";
import { test } from "node:test";
import { makeAccess, respond, SUBSCRIPTION } from "./_testing.ts";
import { PubSubError } from "./pubsub_error.ts";
import { acknowledge, modifyAckDeadline, pull } from "./pull.ts";

test("pull() reads messages, their data as bytes", async () => {
  const publishTime = "2026-11-21T10:00:00.123Z";
  const { access, requests } = makeAccess(() =>
    respond(200, {
      receivedMessages: [
        {
          ackId: "a",
          deliveryAttempt: 2,
          message: { messageId: "1", publishTime, data: "w7w=", attributes: { x: "y" } },
        },
        { ackId: "b", message: { messageId: "2", publishTime } },
      ],
    })
  );
  const [first, second] = await pull(access, SUBSCRIPTION, { maxMessages: 7 });
  assert.deepEqual(first, {
    ackId: "a",
    messageId: "1",
    publishTime: new Date(publishTime),
    data: new TextEncoder().encode("ü"),
    attributes: { x: "y" },
    deliveryAttempt: 2,
  });
  assert.deepEqual([second?.data.length, second?.attributes], [0, {}]);
  assert.equal(requests[0]?.url, `http://pubsub.test/v1/${SUBSCRIPTION}:pull`);
  assert.deepEqual(requests[0]?.body, { maxMessages: 7 });
});

test("pull() returns nothing of an empty response, and throws at a message without its ids", async () => {
  const { access } = makeAccess(() => respond(200, {}));
  assert.deepEqual(await pull(access, SUBSCRIPTION, { maxMessages: 1 }), []);
  const odd = makeAccess(() => respond(200, { receivedMessages: [{ message: {} }] }));
  await assert.rejects(pull(odd.access, SUBSCRIPTION, { maxMessages: 1 }), PubSubError);
});

test("acknowledge() and modifyAckDeadline() name deliveries, and send nothing for none", async () => {
  const { access, requests } = makeAccess(() => respond(200, {}));
  await acknowledge(access, SUBSCRIPTION, ["a", "b"]);
  await modifyAckDeadline(access, SUBSCRIPTION, { ackIds: ["c"], seconds: 0 });
  await acknowledge(access, SUBSCRIPTION, []);
  await modifyAckDeadline(access, SUBSCRIPTION, { ackIds: [], seconds: 10 });
  assert.deepEqual(requests.map(({ url, body }) => [url.split(":").at(-1), body]), [
    ["acknowledge", { ackIds: ["a", "b"] }],
    ["modifyAckDeadline", { ackIds: ["c"], ackDeadlineSeconds: 0 }],
  ]);
});

test("a status that is no success throws its code, whatever the body is", async () => {
  const { access } = makeAccess(() => Promise.resolve(new Response("<html>", { status: 404 })));
  const pulling = pull(access, SUBSCRIPTION, { maxMessages: 1 });
  await assert.rejects(pulling, { name: "PubSubError", status: 404, code: undefined });
});
