import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import { seededRandom } from "@tintype/core/seeded_random";
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
const COMMIT = "\0\0\0\x01";
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

/** Transactions that a broker lists as aborted: producer and first offset. */
type Aborted = readonly (readonly [number, number])[];

/** The messages of a response with that record set; behind its last stable offset nothing was decided. */
async function fetched(set: Buffer, aborted: Aborted = [], stable = 90): Promise<FetchedMessage[]> {
  const list = aborted.flatMap(([producer, first]) => [int(8, producer), int(8, first)]);
  const partition = [int(4, 0), int(2, 0), int(8, 90), int(8, stable), int(8, 0)];
  const payload = Buffer.concat([
    ...[int(4, 0), int(2, 0), int(4, 0), int(4, 1), int(2, 1), Buffer.from("t"), int(4, 1)],
    ...[...partition, int(4, aborted.length), ...list, int(4, -1), int(4, set.byteLength), set],
  ]);
  const { responses: [topic] } = await decodeFetch(payload);
  const [{ messages }] = topic?.partitions as [{ messages: FetchedMessage[] }]; // as the library reads it
  return messages;
}

/** What such a response holds: offsets, and the kinds of holes. */
async function read(...response: Parameters<typeof fetched>) {
  return (await fetched(...response)).map(({ offset, hole, value }) => {
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

const of = (producer: number, offset: number, attributes = TRANSACTIONAL, key = "k") =>
  batchOf({ records: [offset], producer, attributes, key });
const endOf = (producer: number, offset: number, isAbort: boolean) =>
  of(producer, offset, CONTROL, isAbort ? ABORT : COMMIT);

test("decodeFetch() leaves out aborted transactions that overlap, whatever keys their records have", async () => {
  const set = [
    ...[of(1, 0), of(2, 1, TRANSACTIONAL, ABORT), of(3, 2), of(2, 3), of(-1, 4, 0)],
    ...[endOf(2, 5, true), of(2, 6), of(1, 7), endOf(1, 8, true), of(1, 9), endOf(3, 10, false)],
  ];
  const aborted = [[2, 1], [1, 0]] as const; // by their ends
  const expected = ["2", "4", "6", "9", "10passed"];
  assert.deepEqual(await read(Buffer.concat(set), aborted, 11), expected);
});

/** A fetch, its last stable offset, and what is read of it while the broker lists nothing as aborted. */
const UNLISTED: readonly (readonly [string, readonly Buffer[], number, readonly string[]])[] = [
  ["its end is fetched", [of(1, 0), endOf(1, 1, true), of(1, 2), endOf(1, 3, false)], 4, [
    ...["2", "3passed"],
  ]],
  ["the next fetch holds its end", [of(-1, 0, 0), of(1, 1), of(-1, 2, 0)], 9, ["0"]],
  ["no fetch is as large", [of(1, 0), of(-1, 1, 0), of(2, 2)], 9, ["0", "1", "2"]],
  ["its end is behind what is stable", [of(-1, 0, 0), of(1, 1)], 2, ["0", "1"]],
];

for (const [when, set, stable, expected] of UNLISTED) {
  test(`decodeFetch() goes by how a transaction ends, not by the list alone, when ${when}`, async () => {
    assert.deepEqual(await read(Buffer.concat(set), [], stable), expected);
  });
}

/** `TEST_SEED=n` runs one seed again. */
const SEED = Number(process.env["TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LOGS = 150;

for (const isListing of [true, false]) {
  const how = isListing
    ? "by a broker's list, however small they are"
    : "without that list where they hold whole transactions";
  test(`fetches give each committed record once and no aborted one, ${how} (TEST_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    for (let count = 0; count < LOGS; count++) {
      const log = writeLog(random);
      const seen = await readLog(log, { random, isListing });
      assert.deepEqual(seen, log.committed, `log ${count}`);
    }
  });
}

/** A log of three transactional producers and one that is not. */
function writeLog(random: () => number) {
  const batches: { readonly first: number; readonly last: number; readonly bytes: Buffer }[] = [];
  const aborted: { readonly producer: number; readonly first: number; readonly last: number }[] =
    [];
  const open = new Map<number, number[]>();
  const committed: number[] = [];
  let next = 0;
  const append = (bytes: Buffer, records = 1) => {
    batches.push({ first: next, last: next + records - 1, bytes });
    next += records;
  };
  const end = (producer: number, offsets: readonly number[]) => {
    const isAbort = random() < 0.6;
    open.delete(producer);
    if (isAbort) aborted.push({ producer, first: offsets[0] ?? 0, last: next });
    else committed.push(...offsets);
    append(endOf(producer, next, isAbort));
  };
  while (next < 50) {
    const producer = Math.floor(random() * 4);
    const held = open.get(producer);
    // None is longer than eight batches of others: a fetch can hold it.
    const oldest = [...open].find(([, [first = 0]]) => next - first > 8);
    if (oldest !== undefined) end(...oldest);
    else if (held !== undefined && random() < 0.4) end(producer, held);
    else {
      const records = [next, next + 1].slice(0, random() < 0.5 ? 1 : 2);
      if (producer === 0) committed.push(...records);
      else open.set(producer, [...held ?? [], ...records]);
      const attributes = producer === 0 ? 0 : TRANSACTIONAL;
      append(batchOf({ records, producer, attributes }), records.length);
    }
  }
  for (const [producer, offsets] of [...open]) end(producer, offsets);
  return { batches, aborted, committed: committed.sort((a, b) => a - b), end: next };
}

/** The offsets that a client gets as the library fetches: from behind the last message on, and nothing before that. */
async function readLog(
  { batches, aborted, end }: ReturnType<typeof writeLog>,
  { random, isListing }: { readonly random: () => number; readonly isListing: boolean },
): Promise<number[]> {
  const seen: number[] = [];
  for (let from = 0; from < end;) {
    const held = batches.filter(({ last }) => last >= from);
    const portion = held.slice(0, 1 + Math.floor(random() * 6) + (isListing ? 0 : 16));
    const last = portion.at(-1)?.last ?? 0;
    const set = Buffer.concat(portion.map(({ bytes }) => bytes));
    const isCut = 1 < portion.length && portion.length < held.length && random() < 0.5;
    const cut = set.subarray(0, set.byteLength - (isCut ? 1 : 0));
    // As Kafka does: those that the fetch reaches into, by their ends.
    const list = aborted.filter((each) => isListing && each.last >= from && each.first <= last)
      .map(({ producer, first }) => [producer, first] as const);
    const messages = (await fetched(cut, list, end)).filter(({ offset }) => Number(offset) >= from);
    assert.ok(messages.length > 0, `nothing from ${from} on`);
    for (const { offset, hole } of messages) if (hole === undefined) seen.push(Number(offset));
    from = Number(messages.at(-1)?.offset) + 1;
  }
  return seen;
}
