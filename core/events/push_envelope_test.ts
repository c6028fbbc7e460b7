import assert from "node:assert/strict";
import { test } from "node:test";
import { isAppError } from "../errors.ts";
import { makePushEnvelope, parsePushEnvelope, type PushEnvelope } from "./push_envelope.ts";

const ENVELOPE: PushEnvelope = {
  messageId: "1",
  publishTime: new Date("2026-03-14T15:09:26.535Z"),
  attributes: { eventType: "OBJECT_FINALIZE" },
  data: new Uint8Array([0, 1, 254, 255]),
  subscription: "projects/tintype-local/subscriptions/tintype-events-push",
  deliveryAttempt: 3,
};

/** A push as Pub/Sub documents it, with fields that are not ours. */
const PUSH = {
  message: {
    attributes: { key_name: "value" },
    data: "SGVsbG8gQ2xvdWQgUHViL1N1YiEgSGVyZSBpcyBteSBtZXNzYWdlIQ==",
    messageId: "2070443601311540",
    message_id: "2070443601311540",
    publishTime: "2021-02-26T19:13:55.749123456Z",
    publish_time: "2021-02-26T19:13:55.749123456Z",
    orderingKey: "k",
  },
  subscription: "projects/myproject/subscriptions/mysubscription",
  somethingNew: true,
};

test("parsePushEnvelope() opens what makePushEnvelope() makes, through JSON", () => {
  const wire = JSON.parse(JSON.stringify(makePushEnvelope(ENVELOPE)));
  assert.equal(wire.message.message_id, "1");
  assert.equal(wire.message.publish_time, "2026-03-14T15:09:26.535Z");
  assert.deepEqual(parsePushEnvelope(wire), ENVELOPE);
});

test("parsePushEnvelope() opens a push of Pub/Sub and ignores what it does not know", () => {
  assert.deepEqual(parsePushEnvelope(PUSH), {
    messageId: "2070443601311540",
    publishTime: new Date("2021-02-26T19:13:55.749Z"),
    attributes: { key_name: "value" },
    data: new TextEncoder().encode("Hello Cloud Pub/Sub! Here is my message!"),
    subscription: "projects/myproject/subscriptions/mysubscription",
  });
});

test("parsePushEnvelope() reads snake-case names alone, a first attempt, and missing data as empty", () => {
  const { messageId: _, publishTime: __, ...message } = PUSH.message;
  const push = { ...PUSH, message: { ...message, data: null, attributes: undefined } };
  const read = parsePushEnvelope({ ...push, delivery_attempt: 1 });
  assert.deepEqual([read.messageId, read.deliveryAttempt], [PUSH.message.messageId, 1]);
  assert.deepEqual([read.data.length, read.attributes], [0, {}]);
});

const { subscription: _subscription, ...WITHOUT_SUBSCRIPTION } = PUSH;
const BAD: readonly (readonly [string, unknown, string])[] = [
  ["null", null, ""],
  ["a text", "push", ""],
  ["a list", [PUSH], ""],
  ["no message", { subscription: "s" }, "message"],
  ["no subscription", WITHOUT_SUBSCRIPTION, "subscription"],
  ["data that is not base64", withMessage({ data: "a?" }), "message.data"],
  ["attributes that are not texts", withMessage({ attributes: { a: 1 } }), "message.attributes.a"],
  ["an empty id", withMessage({ messageId: "" }), "message.messageId"],
  ["a time that is none", withMessage({ publishTime: "yesterday" }), "message.publishTime"],
  ["attempt 0", { ...PUSH, deliveryAttempt: 0 }, "deliveryAttempt"],
];

for (const [name, json, path] of BAD) {
  test(`parsePushEnvelope() refuses ${name} and names the field`, () => {
    assert.throws(() => parsePushEnvelope(json), (error) => {
      return isAppError(error, "invalid_request") && error.errors.some((at) => at.path === path);
    });
  });
}

function withMessage(change: Record<string, unknown>): unknown {
  return { ...PUSH, message: { ...PUSH.message, ...change } };
}
