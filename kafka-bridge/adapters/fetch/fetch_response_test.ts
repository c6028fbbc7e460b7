import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import { decodeFetch, type FetchedMessage } from "./fetch_response.ts";
import { batchesOf, recordsOf } from "./record_batch.ts";

/** What a batch of the tests is made of; its records are at these offsets. */
interface TestBatch {
  readonly records: readonly number[];
  readonly first?: number;
  readonly last?: number;
  readonly producer?: number;
  /** Transactional 0x10, control 0x20. */
  readonly attributes?: number;
  readonly key?: string;
}

const ABORT = "\0\0\0\0";
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x30;

function int(bytes: 2 | 4 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigInt64BE(BigInt(value));
  else buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

/** Short values only: a varint of one byte. */
function bytesOf(text: string): Buffer {
  return Buffer.from([2 * text.length, ...Buffer.from(text)]);
}

function batchOf({ records, attributes = 0, producer = -1, key = "k", ...given }: TestBatch) {
  const { first = records[0] ?? 0, last = records.at(-1) ?? first } = given;
  const encoded = records.map((offset) => {
    const value = [
      bytesOf(key),
      bytesOf(`value ${offset}`),
      Buffer.from([2]),
      bytesOf("h"),
      bytesOf("x"),
    ];
    const record = Buffer.concat([Buffer.from([0, 0, 2 * (offset - first)]), ...value]);
    return Buffer.concat([Buffer.from([2 * record.byteLength]), record]);
  });
  const times = [int(8, 1_000), int(8, 1_000), int(8, producer), int(2, 0), int(4, 0)];
  const count = int(4, records.length);
  const body = Buffer.concat([
    int(2, attributes),
    int(4, last - first),
    ...times,
    count,
    ...encoded,
  ]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(body));
  const length = int(4, 9 + body.byteLength);
  return Buffer.concat([int(8, first), length, int(4, 0), Buffer.from([2]), sum, body]);
}

/** What a response with that record set holds: offsets, and the kinds of holes. */
async function read(set: Buffer, aborted: readonly (readonly [number, number])[] = []) {
  const list = aborted.flatMap(([producer, first]) => [int(8, producer), int(8, first)]);
  const partition = [int(4, 0), int(2, 0), int(8, 90), int(8, 90), int(8, 0)];
  const payload = Buffer.concat([
    ...[int(4, 0), int(2, 0), int(4, 0), int(4, 1), int(2, 1), Buffer.from("t"), int(4, 1)],
    ...[...partition, int(4, aborted.length), ...list, int(4, -1), int(4, set.byteLength), set],
  ]);
  const { responses: [topic] } = await decodeFetch(payload);
  const [{ messages }] = topic?.partitions as [{ messages: FetchedMessage[] }]; // as the library reads it
  return messages.map(({ offset, hole, value }) => {
    if (hole === undefined) assert.equal(String(value), `value ${offset}`);
    return hole === undefined || hole.kind === "passed"
      ? `${offset}${hole?.kind ?? ""}`
      : hole.kind;
  });
}

const corrupt = batchOf({ records: [7, 8] });
corrupt.writeUInt8(0, corrupt.byteLength - 1);
const SETS: readonly (readonly [string, readonly Buffer[], readonly string[]])[] = [
  ["records", [batchOf({ records: [5, 6] }), batchOf({ records: [7] })], ["5", "6", "7"]],
  ["gaps", [batchOf({ records: [5, 8], last: 30 })], ["5", "8", "30passed"]],
  ["a batch that compaction emptied", [batchOf({ records: [], first: 5, last: 9 })], ["9passed"]],
  ["what is in front of an undecodable batch", [batchOf({ records: [6] }), corrupt], ["6"]],
  ["an undecodable batch", [corrupt, batchOf({ records: [9] })], ["undecodable"]],
  ["no batch that is cut", [batchOf({ records: [5] }), corrupt.subarray(0, 40)], ["5"]],
];

for (const [what, set, expected] of SETS) {
  test(`decodeFetch() reads ${what}`, async () => {
    assert.deepEqual(await read(Buffer.concat(set)), expected);
  });
}

test("recordsOf() says whose clock dated the records", async () => {
  for (const [attributes, isCreateTime] of [[0, true], [LOG_APPEND_TIME, false]] as const) {
    const [batch] = batchesOf(batchOf({ records: [5], attributes }));
    assert.ok(batch !== undefined);
    const [record] = await recordsOf(batch);
    assert.deepEqual([record?.isCreateTime, record?.timestamp], [isCreateTime, "1000"]);
  }
});

test("decodeFetch() leaves out aborted transactions that overlap, whatever keys their records have", async () => {
  const of = (producer: number, offset: number, attributes = TRANSACTIONAL, key = "k") =>
    batchOf({ records: [offset], producer, attributes, key });
  const set = [
    ...[of(1, 0), of(2, 1, TRANSACTIONAL, ABORT), of(3, 2), of(2, 3), of(-1, 4, 0)],
    ...[of(2, 5, CONTROL, ABORT), of(2, 6), of(1, 7), of(1, 8, CONTROL, ABORT), of(1, 9)],
    of(3, 10, CONTROL, "\0\0\0\x01"),
  ];
  const aborted = [[2, 1], [1, 0]] as const; // by their ends
  assert.deepEqual(await read(Buffer.concat(set), aborted), ["2", "4", "6", "9", "10passed"]);
});
