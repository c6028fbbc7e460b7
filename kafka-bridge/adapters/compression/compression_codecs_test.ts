import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import { compressFrame } from "lz4-napi";
import { compress as compressSnappy } from "snappy";
import { type CodecName, decompressRecords, MAX_BATCH_BYTES } from "./compression_codecs.ts";
import { maxLengthOf } from "./lz4.ts";

const COMPRESS: Readonly<Record<CodecName, (records: Buffer) => Promise<Buffer>>> = {
  gzip: promisify<Buffer, Buffer>(gzip),
  snappy: (records) => compressSnappy(records),
  lz4: (records) => compressFrame(records),
  zstd: promisify<Buffer, Buffer>(zstdCompress),
};
const NAMES = Object.keys(COMPRESS) as CodecName[]; // keys of a literal
const KIB = 1024;
const MIB = 1024 * KIB;
/** A frame's header: magic, flags, size of a block, checksum. */
const LZ4_HEADER = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];

/** That an error names the codec, how long the batch is, and why. */
function says(name: CodecName, bytes: number, reason: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof Error);
    const begin = `Cannot decompress ${name} batch of ${bytes} bytes: `;
    assert.ok(error.message.startsWith(begin), error.message);
    assert.match(error.message.slice(begin.length), reason);
    return true;
  };
}

for (const name of NAMES) {
  test(`${name} gives back what it compressed`, async () => {
    for (const records of [Buffer.from("a"), Buffer.alloc(MIB, 7), randomBytes(3 * MIB)]) {
      const batch = await COMPRESS[name](records);
      assert.ok(!batch.equals(records));
      assert.ok((await decompressRecords(name, batch)).equals(records));
    }
  });

  test(`${name} takes a batch of just as many bytes as it may hold, and no larger one`, async () => {
    const records = Buffer.alloc(4 * 64 * KIB, 7);
    const batch = await COMPRESS[name](records);
    const fits = await decompressRecords(name, batch, records.byteLength);
    assert.ok(fits.equals(records));
    await assert.rejects(
      decompressRecords(name, batch, records.byteLength - 1),
      says(name, batch.byteLength, /^it must hold at most 262143 bytes \(got (262144|more)\)$/),
    );
  });

  test(`${name} refuses bytes that are corrupt or truncated`, async () => {
    const batch = await COMPRESS[name](randomBytes(1_000));
    const truncated = batch.subarray(0, -10);
    await assert.rejects(decompressRecords(name, truncated), says(name, truncated.byteLength, /./));
    const corrupt = Buffer.alloc(1_000, 0xff);
    await assert.rejects(decompressRecords(name, corrupt), says(name, 1_000, /./));
    await assert.rejects(decompressRecords(name, Buffer.alloc(0)), says(name, 0, /./));
  });
}

test("a few kB that stand for more than two images are refused", async () => {
  const bomb = await COMPRESS.zstd(Buffer.alloc(MAX_BATCH_BYTES + 1));
  assert.ok(bomb.byteLength < 16 * KIB);
  const reason = /^it must hold at most 104857600 bytes \(got more\)$/;
  await assert.rejects(decompressRecords("zstd", bomb), says("zstd", bomb.byteLength, reason));
});

test("snappy takes one plain block, and blocks in the framing of Kafka's Java client", async () => {
  const parts = [randomBytes(32 * KIB), Buffer.alloc(32 * KIB, 1), randomBytes(5)];
  const blocks = await Promise.all(parts.map((part) => compressSnappy(part)));
  const framed: Buffer[] = [Buffer.from("82534e41505059000000000100000001", "hex")];
  for (const block of blocks) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.byteLength);
    framed.push(length, block);
  }
  assert.ok(
    (await decompressRecords("snappy", Buffer.concat(framed))).equals(Buffer.concat(parts)),
  );
  for (const [index, block] of blocks.entries()) {
    assert.ok((await decompressRecords("snappy", block)).equals(parts[index] ?? Buffer.alloc(0)));
  }
});

test("snappy refuses a length that is larger than it may be before it makes room for it", async () => {
  // A block of 2^32 - 1 bytes, by what it says of itself.
  const liar = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
  const reason = /^it must hold at most 104857600 bytes \(got 4294967295\)$/;
  await assert.rejects(decompressRecords("snappy", liar), says("snappy", 6, reason));
});

test("maxLengthOf() adds up an LZ4 frame's blocks, stored or compressed", () => {
  const stored = [3, 0, 0, 0x80, 1, 2, 3];
  const small = [2, 0, 0, 0, 0x10, 1];
  const large = [0xf4, 1, 0, 0, ...Array.from({ length: 500 }, () => 0)];
  const end = [0, 0, 0, 0];
  assert.equal(maxLengthOf(Buffer.from([...LZ4_HEADER, ...end])), 0);
  assert.equal(maxLengthOf(Buffer.from([...LZ4_HEADER, ...stored, ...end])), 3);
  assert.equal(maxLengthOf(Buffer.from([...LZ4_HEADER, ...small, ...stored, ...end])), 513);
  assert.equal(maxLengthOf(Buffer.from([...LZ4_HEADER, ...large, ...end])), 64 * KIB);
});

test("maxLengthOf() skips what a header says beside, and refuses what is no whole frame", () => {
  const [magic, blockSize] = [LZ4_HEADER.slice(0, 4), LZ4_HEADER[5] ?? 0];
  const block = [1, 0, 0, 0x80, 7];
  const end = [0, 0, 0, 0];
  // Content size, dictionary and checksums of the blocks.
  const beside = Array.from({ length: 12 }, () => 9);
  const full = [...magic, 0x79, blockSize, ...beside, 0, ...block, 1, 2, 3, 4, ...end];
  assert.equal(maxLengthOf(Buffer.from(full)), 1);
  assert.throws(() => maxLengthOf(Buffer.from(full.slice(0, -1))), /truncated/);
  assert.throws(() => maxLengthOf(Buffer.from([...magic, 0x60, 0x30, 0, ...end])), /size of its/);
  assert.throws(() => maxLengthOf(Buffer.from("no frame at all")), /no LZ4 frame/);
});
