import assert from "node:assert/strict";
import { test } from "node:test";
import type { KafkaMessage } from "kafkajs";
import { recordOfMessage } from "./record_of_message.ts";

const MESSAGE = {
  key: null,
  value: Buffer.from("bytes"),
  timestamp: "1768478400000",
  attributes: 0,
  offset: "9007199254740993",
  headers: {},
} satisfies KafkaMessage;
const PLACE = { topic: "images", partition: 2 };

test("recordOfMessage() keeps offsets that no double holds and the bytes without a copy", () => {
  const record = recordOfMessage(MESSAGE, PLACE);
  assert.equal(record.offset, 9007199254740993n);
  assert.equal(record.value?.buffer, MESSAGE.value?.buffer);
  assert.equal(new TextDecoder().decode(record.value ?? undefined), "bytes");
});

test("recordOfMessage() takes the last value of a header and leaves out one without a value", () => {
  const headers = {
    subject: [Buffer.from("first"), Buffer.from("last")],
    nothing: null as unknown as Buffer, // what the client library hands over for a null header
  };
  const record = recordOfMessage({ ...MESSAGE, headers }, PLACE);
  assert.deepEqual([...record.headers.keys()], ["subject"]);
  assert.equal(new TextDecoder().decode(record.headers.get("subject")), "last");
});
