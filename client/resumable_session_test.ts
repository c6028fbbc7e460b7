import assert from "node:assert/strict";
import { test } from "node:test";
import {
  connectionLost,
  fileOf,
  incomplete,
  json,
  MULTIPLE,
  QUICK_RETRY,
  type ScriptedAnswer,
  scriptedFetch,
} from "./_testing.ts";
import { ChunkSize } from "./chunk_size.ts";
import { digestsOf } from "./digests.ts";
import { UploadError } from "./problem.ts";
import { type SendOptions, sendToSession, type SessionUpload } from "./resumable_session.ts";
import { partsOf } from "./upload_source.ts";

const SESSION: SessionUpload = {
  url: "http://store.test/session",
  headers: { "Content-Type": "image/jpeg" },
  chunkMultiple: MULTIPLE,
};
const SIZE = 3 * MULTIPLE + 5;
const FILE = fileOf(SIZE);
const QUERY = `bytes */${SIZE}`;

/** The `Content-Range` of the file's bytes from `start` up to `end`. */
function bytes(start: number, end: number): string {
  return `bytes ${start}-${end - 1}/${SIZE}`;
}

interface RunOptions extends Partial<SendOptions> {
  readonly chunkBytes?: number;
  readonly file?: Blob;
}

async function run(
  answers: ScriptedAnswer[],
  { chunkBytes = MULTIPLE, file = FILE, ...options }: RunOptions = {},
) {
  const { fetcher, sent } = scriptedFetch(...answers);
  const chunks = new ChunkSize({ multiple: MULTIPLE, fixedBytes: chunkBytes });
  const all = { fetcher, retry: QUICK_RETRY, chunks, ...options };
  const result = await sendToSession(partsOf(file), SESSION, all).catch((error: unknown) => error);
  const code = result instanceof UploadError ? result.problem.code : result;
  return { result: code, ranges: sent.map(({ range }) => range), sent };
}

const done = () => new Response(null, { status: 200 });
const status = (code: number, body = "") => new Response(body, { status: code });

test("sendToSession() sends chunks one after another, each from the held offset, and the last one short", async () => {
  const { result, ranges, sent } = await run([
    incomplete(MULTIPLE),
    incomplete(2 * MULTIPLE),
    incomplete(3 * MULTIPLE),
    done(),
  ]);
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [
    bytes(0, MULTIPLE),
    bytes(MULTIPLE, 2 * MULTIPLE),
    bytes(2 * MULTIPLE, 3 * MULTIPLE),
    bytes(3 * MULTIPLE, SIZE),
  ]);
  assert.deepEqual(
    await new Blob(sent.map(({ body }) => body.slice())).bytes(),
    await FILE.bytes(),
  );
  assert.ok(sent.every(({ headers }) => headers.get("content-type") === "image/jpeg"));
});

test("sendToSession() rounds chunks down to the session's multiple, and up to one of it", async () => {
  const { ranges } = await run([incomplete(2 * MULTIPLE), done()], {
    chunkBytes: 3 * MULTIPLE - 1,
  });
  assert.equal(ranges[0], bytes(0, 2 * MULTIPLE));
  const small = await run([
    incomplete(MULTIPLE),
    incomplete(2 * MULTIPLE),
    incomplete(3 * MULTIPLE),
    done(),
  ], {
    chunkBytes: 1,
  });
  assert.equal(small.ranges[0], bytes(0, MULTIPLE));
});

test("sendToSession() goes on from what a chunk left held in part", async () => {
  const { result, ranges } = await run([incomplete(MULTIPLE), done()], {
    chunkBytes: 2 * MULTIPLE,
  });
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [bytes(0, 2 * MULTIPLE), bytes(MULTIPLE, 3 * MULTIPLE)]);
});

test("sendToSession() takes 308 without Range as nothing held and begins again", async () => {
  const { result, ranges } = await run([
    incomplete(0),
    incomplete(0),
    incomplete(MULTIPLE),
    done(),
  ]);
  assert.equal(result, "complete");
  assert.deepEqual(ranges.slice(0, 3), [bytes(0, MULTIPLE), QUERY, bytes(0, MULTIPLE)]);
});

test("sendToSession() asks what is held after a 503 and sends nothing of it again", async () => {
  const { result, ranges } = await run([
    incomplete(MULTIPLE),
    status(503),
    incomplete(2 * MULTIPLE),
    done(),
  ]);
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [
    bytes(0, MULTIPLE),
    bytes(MULTIPLE, 2 * MULTIPLE),
    QUERY,
    bytes(2 * MULTIPLE, 3 * MULTIPLE),
  ]);
});

test("sendToSession() repeats the status query until it is answered", async () => {
  const { result, ranges } = await run([connectionLost, status(502), incomplete(0), done()]);
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [bytes(0, MULTIPLE), QUERY, QUERY, bytes(0, MULTIPLE)]);
});

test("sendToSession() follows a store that holds less than it said", async () => {
  const held: number[] = [];
  const { ranges } = await run([
    incomplete(2 * MULTIPLE),
    status(500),
    incomplete(MULTIPLE),
    done(),
  ], {
    chunkBytes: 2 * MULTIPLE,
    onHeld: (count) => held.push(count),
  });
  assert.equal(ranges[3], bytes(MULTIPLE, 3 * MULTIPLE));
  assert.deepEqual(held, [2 * MULTIPLE, MULTIPLE]);
});

test("sendToSession() recognises success when the last reply was lost, without sending a byte again", async () => {
  const { result, ranges } = await run([connectionLost, done()], { chunkBytes: 4 * MULTIPLE });
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [bytes(0, SIZE), QUERY]);
});

test("sendToSession() finishes by a status query where all bytes are held and the object is not there", async () => {
  const { result, ranges } = await run([incomplete(SIZE), done()], { chunkBytes: 4 * MULTIPLE });
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [bytes(0, SIZE), QUERY]);
});

test("sendToSession() completes an empty file with one request", async () => {
  const { result, sent } = await run([done()], { file: new Blob([]) });
  assert.equal(result, "complete");
  assert.deepEqual(sent.map(({ range, body }) => [range, body.length]), [["bytes */0", 0]]);
});

for (const code of [404, 410, 499]) {
  test(`sendToSession() tells that a session is lost on ${code}, at once`, async () => {
    const { result, ranges } = await run([status(code)]);
    assert.deepEqual([result, ranges.length], ["lost", 1]);
  });
}

test("sendToSession() tells that the name is taken on 412", async () => {
  assert.equal((await run([status(412)])).result, "taken");
});

test("sendToSession() tells that the name is taken on a 403 that names the delete permission, and only then", async () => {
  const text = "edge@x.iam does not have storage.objects.delete access to the object.";
  assert.equal((await run([status(403, text)])).result, "taken");
  assert.equal((await run([status(403, "Access denied.")])).result, "storage_refused");
});

for (const code of [400, 401, 403]) {
  test(`sendToSession() never tries again after ${code}`, async () => {
    const { result, ranges } = await run([status(code)]);
    assert.deepEqual([result, ranges.length], ["storage_refused", 1]);
  });
}

test("sendToSession() waits as long as a 429 asks", async () => {
  const busy = new Response(null, { status: 429, headers: { "Retry-After": "1" } });
  const startedAt = performance.now();
  const { result } = await run([busy, incomplete(0), done()], { chunkBytes: 4 * MULTIPLE });
  assert.equal(result, "complete");
  assert.ok(performance.now() - startedAt >= 990);
});

test("sendToSession() gives up after maxAttempts failures in a row", async () => {
  const { result, ranges } = await run([status(503), status(503), status(503), status(503)]);
  assert.equal(result, "unavailable");
  assert.equal(ranges.length, QUICK_RETRY.maxAttempts);
});

test("sendToSession() gives up where a store answers but takes nothing", async () => {
  const answers = Array.from({ length: 7 }, () => incomplete(0));
  const { result, ranges } = await run(answers);
  assert.equal(result, "stalled");
  assert.equal(ranges.filter((range) => range !== QUERY).length, QUICK_RETRY.maxAttempts);
});

test("sendToSession() counts failures anew when the store holds more", async () => {
  const fail = () => status(503);
  const { result } = await run([
    ...[fail(), fail(), fail(), incomplete(MULTIPLE)],
    ...[fail(), fail(), fail(), incomplete(2 * MULTIPLE)],
    ...[fail(), fail(), fail(), done()],
  ]);
  assert.equal(result, "complete");
});

test("sendToSession() compares the stored object with the file, wherever the answer names its size or checksum", async () => {
  const { crc32c } = await digestsOf(partsOf(FILE));
  const whole = { chunkBytes: 4 * MULTIPLE, crc32c };
  const inHeaders = (size: number, sum: string) =>
    new Response(null, {
      headers: {
        "x-goog-stored-content-length": String(size),
        "x-goog-hash": `md5=xyz,crc32c=${sum}`,
      },
    });
  const right = [json({ size: String(SIZE), crc32c }), inHeaders(SIZE, crc32c)];
  for (const answer of right) assert.equal((await run([answer], whole)).result, "complete");
  const wrong = [
    json({ size: String(SIZE - 1), crc32c }),
    json({ size: String(SIZE), crc32c: "AAAAAA==" }),
    inHeaders(SIZE - 1, crc32c),
    inHeaders(SIZE, "AAAAAA=="),
  ];
  for (const answer of wrong) {
    const { result, ranges } = await run([answer], whole);
    assert.deepEqual([result, ranges.length], ["digest_mismatch", 1]);
  }
});

test("sendToSession() throws the signal's reason while it waits for its next try", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const slow = { ...QUICK_RETRY, minDelayMs: 60_000, maxDelayMs: 60_000 };
  const failThenAbort = () => {
    setTimeout(() => controller.abort(reason), 10);
    return status(503);
  };
  const { result } = await run([failThenAbort], { retry: slow, signal: controller.signal });
  assert.equal(result, reason);
});

test("sendToSession() asks a session that it resumes first, and sends only what is missing", async () => {
  const held: number[] = [];
  const { result, ranges } = await run(
    [incomplete(2 * MULTIPLE), incomplete(3 * MULTIPLE), done()],
    {
      isResumed: true,
      onHeld: (bytes) => held.push(bytes),
    },
  );
  assert.equal(result, "complete");
  assert.deepEqual(ranges, [QUERY, bytes(2 * MULTIPLE, 3 * MULTIPLE), bytes(3 * MULTIPLE, SIZE)]);
  assert.deepEqual(held, [2 * MULTIPLE, 3 * MULTIPLE]);
});

test("sendToSession() learns from a resumed session that everything was there already", async () => {
  const { result, ranges } = await run([done()], { isResumed: true });
  assert.deepEqual([result, ranges], ["complete", [QUERY]]);
});

test("sendToSession() halves its chunks after trouble", async () => {
  const chunks = new ChunkSize({ multiple: MULTIPLE });
  const { result, ranges } = await run([
    ...[status(503), status(503), incomplete(0)],
    ...[incomplete(2 * MULTIPLE), done()],
  ], { chunks });
  assert.equal(result, "complete");
  assert.deepEqual(ranges.slice(0, 4), [bytes(0, SIZE), QUERY, QUERY, bytes(0, 2 * MULTIPLE)]);
});

test("sendToSession() tells a file that cannot be read any more from a lost network, at once", async () => {
  class MovedFile extends Blob {
    override slice(): Blob {
      const gone = new Blob(["x"]);
      gone.arrayBuffer = () => Promise.reject(new Error("A requested file could not be found"));
      return gone;
    }
    override get size() {
      return SIZE;
    }
  }
  const { result, sent } = await run([connectionLost], { file: new MovedFile() });
  assert.deepEqual([result, sent.length], ["unreadable", 1]);
});
