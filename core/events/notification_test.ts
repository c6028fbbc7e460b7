import assert from "node:assert/strict";
import { test } from "node:test";
import {
  makeStorageNotification,
  type NotificationInput,
  type NotificationMessage,
  parseStorageNotification,
} from "./notification.ts";

const INPUT: NotificationInput = {
  eventType: "OBJECT_FINALIZE",
  bucket: "tintype-raw",
  objectName: "2026-03-14/acme/o/i",
  generation: "1710428966535123",
  eventTime: new Date("2026-03-14T15:09:26.535Z"),
  notificationConfig: "projects/_/buckets/tintype-raw/notificationConfigs/1",
  resource: {
    kind: "storage#object",
    size: "52428800",
    contentType: "image/jpeg",
    crc32c: "AAAAAA==",
    md5Hash: "1B2M2Y8AsgTpgAmY7PhCfg==",
    customTime: "2026-03-14T15:09:26Z",
    timeCreated: "2026-03-14T15:09:26.535Z",
    metadata: { source: "edge" },
  },
  overwroteGeneration: "1",
};

const good = makeStorageNotification(INPUT);

test("parseStorageNotification() reads what makeStorageNotification() makes", () => {
  const { payloadFormat, notificationConfig, overwroteGeneration } = good.attributes;
  const { resource: { kind: _, ...resource }, ...rest } = INPUT;
  assert.equal(payloadFormat, "JSON_API_V1");
  assert.deepEqual({ ...parseStorageNotification(good), notificationConfig, overwroteGeneration }, {
    ...{ ...rest, resource: { ...resource, size: 52_428_800 } },
  });
  const first = makeStorageNotification({ ...INPUT, overwroteGeneration: undefined });
  assert.ok(!("overwroteGeneration" in first.attributes));
});

test("parseStorageNotification() takes an event without a payload, and types to come", () => {
  const attributes = {
    ...{ eventType: "OBJECT_INITIALIZE", bucketId: "b", objectId: "o", objectGeneration: "1" },
    somethingNew: "x",
  };
  const { data } = good;
  const none = { eventType: "OBJECT_INITIALIZE", bucket: "b", objectName: "o", generation: "1" };
  const empty = new Uint8Array();
  for (
    const message of [
      { attributes: { ...attributes, payloadFormat: "NONE" }, data },
      { attributes, data },
      { attributes: { ...attributes, payloadFormat: "JSON_API_V1" }, data: empty },
    ]
  ) assert.deepEqual(parseStorageNotification(message), none);
});

test("parseStorageNotification() takes a resource without metadata and type", () => {
  const message = makeStorageNotification({ ...INPUT, resource: { size: "0" } });
  assert.deepEqual(parseStorageNotification(message).resource, { size: 0, metadata: {} });
});

const BAD: readonly (readonly [string, NotificationMessage])[] = [
  ["no attributes", { ...good, attributes: {} }],
  ["no object", withAttribute({ objectId: "" })],
  ["a generation that is no number", withAttribute({ objectGeneration: "-1" })],
  ["an unknown payload format", withAttribute({ payloadFormat: "XML" })],
  ["a time that is none", withAttribute({ eventTime: "now" })],
  ["a payload that is not JSON", { ...good, data: new TextEncoder().encode("{") }],
  ["a payload that is not UTF-8", { ...good, data: new Uint8Array([0x22, 0xff, 0x22]) }],
  ["a resource without size", makeStorageNotification({ ...INPUT, resource: {} })],
  ["a size that is a number", makeStorageNotification({ ...INPUT, resource: { size: 1 } })],
];

for (const [name, message] of BAD) {
  test(`parseStorageNotification() refuses ${name}`, () => {
    assert.throws(() => parseStorageNotification(message), { code: "invalid_request" });
  });
}

function withAttribute(change: Record<string, string>): NotificationMessage {
  return { ...good, attributes: { ...good.attributes, ...change } };
}
