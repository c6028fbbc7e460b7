import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../errors.ts";
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

test("parseStorageNotification() reads what makeStorageNotification() makes", () => {
  const message = makeStorageNotification(INPUT);
  assert.equal(message.attributes["payloadFormat"], "JSON_API_V1");
  assert.equal(message.attributes["overwroteGeneration"], "1");
  const { kind: _, ...resource } = INPUT.resource;
  assert.deepEqual(parseStorageNotification(message), {
    eventType: "OBJECT_FINALIZE",
    bucket: "tintype-raw",
    objectName: "2026-03-14/acme/o/i",
    generation: "1710428966535123",
    eventTime: INPUT.eventTime,
    resource: { ...resource, size: 52_428_800 },
  });
});

test("parseStorageNotification() takes an event without a payload, and types to come", () => {
  const attributes = {
    eventType: "OBJECT_INITIALIZE",
    bucketId: "b",
    objectId: "o",
    objectGeneration: "1",
    payloadFormat: "NONE",
    somethingNew: "x",
  };
  assert.deepEqual(parseStorageNotification({ attributes, data: new Uint8Array() }), {
    eventType: "OBJECT_INITIALIZE",
    bucket: "b",
    objectName: "o",
    generation: "1",
  });
});

test("parseStorageNotification() takes a resource without metadata and type", () => {
  const message = makeStorageNotification({ ...INPUT, resource: { size: "0" } });
  assert.deepEqual(parseStorageNotification(message).resource, { size: 0, metadata: {} });
});

const good = makeStorageNotification(INPUT);
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
    assert.throws(
      () => parseStorageNotification(message),
      (error) => error instanceof AppError && error.code === "invalid_request",
    );
  });
}

function withAttribute(change: Record<string, string>): NotificationMessage {
  return { ...good, attributes: { ...good.attributes, ...change } };
}
