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

/** The `Content-Range` of the file's bytes, from a multiple up to another or to the end. */
function part(from: number, to = from + 1): string {
  return `bytes ${from * MULTIPLE}-${Math.min(to * MULTIPLE, SIZE) - 1}/${SIZE}`;
}

/** `308` with so many multiples held. */
const held = (multiples: number) => incomplete(multiples * MULTIPLE);

interface RunOptions extends Partial<SendOptions> {
  readonly chunkBytes?: number;
  readonly file?: Blob;
}

async function run(
  answers: readonly ScriptedAnswer[],
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
const TWO = { chunkBytes: 2 * MULTIPLE };
const WHOLE = { chunkBytes: 4 * MULTIPLE };

test("sendToSession() sends the file's own bytes, with the session's headers", async () => {
  const { sent } = await run([held(1), held(2), held(3), done()]);
  const bodies = sent.map(({ body }) => body.slice());
  assert.deepEqual(await new Blob(bodies).bytes(), await FILE.bytes());
  assert.ok(sent.every(({ headers }) => headers.get("content-type") === "image/jpeg"));
});

/** By what the session answers: the ranges that are sent to a complete upload. */
const COMPLETE: Readonly<Record<string, readonly [ScriptedAnswer[], string[], RunOptions?]>> = {
  "sends chunks one after another, each from the held offset, and the last one short": [
    [held(1), held(2), held(3), done()],
    [part(0), part(1), part(2), part(3)],
  ],
  "rounds chunks down to the session's multiple": [
    [held(2), done()],
    [part(0, 2), part(2, 4)],
    { chunkBytes: 3 * MULTIPLE - 1 },
  ],
  "rounds chunks up to one multiple": [
    [held(1), held(2), held(3), done()],
    [part(0), part(1), part(2), part(3)],
    { chunkBytes: 1 },
  ],
  "goes on from what a chunk left held in part": [
    [held(1), done()],
    [part(0, 2), part(1, 3)],
    TWO,
  ],
  "takes 308 without Range as nothing held and begins again": [
    [held(0), held(0), held(1), done()],
    [part(0), QUERY, part(0), part(1)],
  ],
  "asks what is held after a 503 and sends nothing of it again": [
    [held(1), status(503), held(2), done()],
    [part(0), part(1), QUERY, part(2)],
  ],
  "repeats the status query until it is answered": [
    [connectionLost, status(502), held(0), done()],
    [part(0), QUERY, QUERY, part(0)],
  ],
  "recognises success when the last reply was lost, without sending a byte again": [
    [connectionLost, done()],
    [part(0, 4), QUERY],
    WHOLE,
  ],
  "finishes by a status query where all bytes are held and the object is not there": [
    [incomplete(SIZE), done()],
    [part(0, 4), QUERY],
    WHOLE,
  ],
  "learns from a resumed session that everything was there already": [
    [done()],
    [QUERY],
    { isResumed: true },
  ],
  "halves its chunks after trouble": [
    [status(503), status(503), held(0), held(2), done()],
    [part(0, 4), QUERY, QUERY, part(0, 2), part(2, 4)],
    { chunks: grownChunks() },
  ],
};

for (const [does, [answers, expected, options]] of Object.entries(COMPLETE)) {
  test(`sendToSession() ${does}`, async () => {
    const { result, ranges } = await run(answers, options);
    assert.deepEqual([result, ranges], ["complete", expected]);
  });
}

test("sendToSession() follows a store that holds less than it said", async () => {
  const heldBytes: number[] = [];
  const onHeld = (bytes: number) => heldBytes.push(bytes);
  const { ranges } = await run([held(2), status(500), held(1), done()], { ...TWO, onHeld });
  assert.equal(ranges[3], part(1, 3));
  assert.deepEqual(heldBytes, [2 * MULTIPLE, MULTIPLE]);
});

test("sendToSession() asks a session that it resumes first, and sends only what is missing", async () => {
  const heldBytes: number[] = [];
  const options = { isResumed: true, onHeld: (bytes: number) => heldBytes.push(bytes) };
  const { result, ranges } = await run([held(2), held(3), done()], options);
  assert.deepEqual([result, ranges], ["complete", [QUERY, part(2), part(3)]]);
  assert.deepEqual(heldBytes, [2 * MULTIPLE, 3 * MULTIPLE]);
});

test("sendToSession() completes an empty file with one request", async () => {
  const { result, sent } = await run([done()], { file: new Blob([]) });
  assert.equal(result, "complete");
  assert.deepEqual(sent.map(({ range, body }) => [range, body.length]), [["bytes */0", 0]]);
});

const NO_DELETE = "edge@x.iam does not have storage.objects.delete access to the object.";
for (
  const [result, code, body] of [
    ...[404, 410, 499].map((code) => ["lost", code] as const),
    ["taken", 412],
    ["taken", 403, NO_DELETE],
    ["storage_refused", 403, "Access denied."],
    ...[400, 401, 403].map((code) => ["storage_refused", code] as const),
  ] as const
) {
  test(`sendToSession() is over at once, and ${result}, on ${code} ${body ?? ""}`, async () => {
    const answered = await run([status(code, body)]);
    assert.deepEqual([answered.result, answered.sent.length], [result, 1]);
  });
}

test("sendToSession() gives up after maxAttempts failures in a row", async () => {
  const { result, sent } = await run([status(503), status(503), status(503), status(503)]);
  assert.deepEqual([result, sent.length], ["unavailable", QUICK_RETRY.maxAttempts]);
});

test("sendToSession() gives up where a store answers but takes nothing", async () => {
  const { result, ranges } = await run(Array.from({ length: 7 }, () => held(0)));
  assert.equal(result, "stalled");
  assert.equal(ranges.filter((range) => range !== QUERY).length, QUICK_RETRY.maxAttempts);
});

test("sendToSession() counts failures anew when the store holds more", async () => {
  const failing = (answer: Response) => [status(503), status(503), status(503), answer];
  const answers = [held(1), held(2), done()].flatMap(failing);
  assert.equal((await run(answers)).result, "complete");
});

test("sendToSession() compares the stored object with the file, wherever the answer names its size or checksum", async () => {
  const { crc32c } = await digestsOf(partsOf(FILE));
  const whole = { ...WHOLE, crc32c };
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

test("sendToSession() distinguishes a file that cannot be read any more from a lost network, at once", async () => {
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

/** Chunks of four multiples, as after a quick one. */
function grownChunks(): ChunkSize {
  const chunks = new ChunkSize({ multiple: MULTIPLE });
  chunks.took(MULTIPLE, 1);
  return chunks;
}
