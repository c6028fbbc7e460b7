import assert from "node:assert/strict";
import { test } from "node:test";
import type { DecodedRecord } from "./fetch/record_batch.ts";
import { recordOfMessage } from "./record_of_message.ts";

const MESSAGE = {
  key: null,
  value: Buffer.from("bytes"),
  timestamp: "1768478400000",
  attributes: 0,
  offset: "9007199254740993",
  headers: {},
} satisfies DecodedRecord;
const PLACE = { topic: "images", partition: 2 };

test("recordOfMessage() keeps offsets that no double holds", () => {
  const record = recordOfMessage(MESSAGE, PLACE);
  assert.equal(record.offset, 9007199254740993n);
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

test("recordOfMessage() keeps no fetch in memory for a small part of it, and copies no large one", () => {
  const fetched = Buffer.alloc(1_000, 7);
  const valueOf = (value: Buffer) => recordOfMessage({ ...MESSAGE, value }, PLACE).value;
  const [small, large] = [valueOf(fetched.subarray(10, 20)), valueOf(fetched.subarray(10, 900))];
  assert.deepEqual(small, new Uint8Array(10).fill(7));
  assert.equal(small?.buffer.byteLength, 10);
  assert.ok(large?.buffer === fetched.buffer);
});
