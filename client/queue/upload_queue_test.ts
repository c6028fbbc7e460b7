import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "../problem.ts";
import {
  memoryFiles,
  photos,
  type TestAnswers,
  testCalls,
  untilStill,
} from "../testing/queue_fixture.ts";
import { openKeptFiles } from "./kept_files.ts";
import { nextToBegin, nextTurns } from "./lines.ts";
import type { QueueEntry } from "./queue_item.ts";
import type { QueueOptions } from "./queue_options.ts";
import { UploadQueue } from "./upload_queue.ts";

/** How a test's queue differs from one where all goes well. */
interface Changes extends QueueOptions, TestAnswers {
  readonly kept?: ReturnType<typeof memoryFiles>;
}

/** A queue of so many photographs, whose uploads the test ends. */
async function openQueue(count: number, { kept = memoryFiles(), ...changes }: Changes = {}) {
  const { calls, uploads, asked } = testCalls(changes);
  const ended: string[] = [];
  const removed: string[] = [];
  const queue = new UploadQueue(calls, {
    account: "ann",
    store: kept,
    onEnd: ({ name, state }) => void ended.push(`${name} ${state}`),
    onRemove: ({ name }) => void removed.push(name),
    ...changes,
  });
  await queue.add(photos(count));
  await untilStill();
  const end = async (at: number, imageId: string) => {
    uploads[at]?.end(imageId);
    await untilStill();
  };
  const states = () => queue.items.map(({ state }) => state);
  const remove = async (at: number) => await queue.remove(queue.items[at]?.id ?? "");
  return { queue, uploads, asked, kept, ended, removed, end, states, remove };
}

test("the queue sends three files at a time, in their order, and keeps none that is ready", async () => {
  const { queue, uploads, kept, ended, end } = await openQueue(5);
  assert.deepEqual(uploads.map(({ file }) => file.name), ["1.jpg", "2.jpg", "3.jpg"]);
  assert.equal(kept.held.size, 5);
  await end(1, "b");
  assert.deepEqual(ended, ["2.jpg ready"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.deepEqual([queue.items[1]?.state, kept.held.size], ["ready", 4]);
});

test("what has ended stays in its place until it is removed", async () => {
  const images = { b: { status: "rejected", reason: "corrupt" } } as const;
  const { queue, removed, remove, end, states } = await openQueue(2, { images });
  await end(0, "a");
  await end(1, "b");
  assert.deepEqual([states(), queue.isBusy], [["ready", "refused"], false]);
  await queue.idle();
  await remove(1);
  await remove(0);
  for (const act of ["pause", "resume", "retry", "remove"] as const) await queue[act]("nobody");
  assert.deepEqual([removed, queue.items.length], [["2.jpg", "1.jpg"], 0]);
});

test("a paused file gives its line to the next one, keeps what is sent, and waits for a line again", async () => {
  const { queue, uploads, kept, end } = await openQueue(4);
  uploads[0]?.tell({ sentBytes: 3 });
  const id = queue.items[0]?.id ?? "";
  queue.pause(id);
  await untilStill();
  assert.deepEqual(uploads[0]?.did, ["pause"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.equal(kept.held.get(id)?.isPaused, true);
  queue.resume(id);
  uploads[0]?.tell({ sentBytes: 3 });
  assert.equal(queue.items[0]?.state, "queued", "whatever its upload still reports");
  await end(1, "b");
  assert.deepEqual(uploads[0]?.did, ["pause", "resume"]);
  assert.deepEqual([queue.items[0]?.state, queue.items[0]?.sentBytes], ["sending", 3]);
});

test("a file that is paused before its turn gets one when it is resumed", async () => {
  const { queue, uploads, end } = await openQueue(4);
  const id = queue.items[3]?.id ?? "";
  queue.pause(id);
  await end(0, "a");
  assert.equal(uploads.length, 3);
  queue.resume(id);
  await untilStill();
  assert.equal(uploads[3]?.file.name, "4.jpg");
});

test("restore() goes on with what an earlier life of the page kept for this account", async () => {
  const before = await openQueue(2);
  before.queue.pause(before.queue.items[0]?.id ?? "");
  before.queue.stop();
  await untilStill();
  const { kept } = before;
  const { queue, uploads } = await openQueue(0, { kept });
  await queue.restore();
  await untilStill();
  assert.deepEqual(queue.items.map(({ name, state }) => [name, state]), [
    ["1.jpg", "paused"],
    ["2.jpg", "sending"],
  ]);
  assert.equal(uploads.length, 1);
  const other = await openQueue(0, { kept, account: "ben" });
  await other.queue.restore();
  assert.equal(other.queue.items.length, 0);
});

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
for (
  const [bytes, name, type, code, status] of [
    ["x", "a.txt", "text/plain", "unsupported_type", 415],
    ["", "empty.jpg", "image/jpeg", "truncated", 400],
    ["1234567890", "large.jpg", "image/jpeg", "too_large", 413],
    ["GIF89a", "gif.jpg", "image/jpeg", "unsupported_type", 415],
    [JPEG, "jpeg.png", "image/png", undefined, undefined],
    [JPEG, "download", "application/octet-stream", undefined, undefined],
    [JPEG, "", "", undefined, undefined],
    ["x", "a.jpg", "image/jpeg", undefined, undefined],
    ["123456789", "a.jpg", "image/jpeg", undefined, undefined],
    ["x", "a.heif", "image/heif", undefined, undefined],
  ] as const
) {
  test(`${JSON.stringify([bytes, name, type])} is ${code ?? "sent"}`, async () => {
    const { queue, uploads, kept } = await openQueue(0);
    assert.equal(queue.limits?.maxBytes, 9);
    await queue.add([new File([bytes], name, { type })]);
    await untilStill();
    const isSent = code === undefined ? 1 : 0;
    const [{ problem, name: shown } = assert.fail()] = queue.items;
    assert.deepEqual([problem?.code, problem?.status, uploads.length], [code, status, isSent]);
    assert.equal(shown, name || "picture");
    assert.equal(kept.held.size, isSent);
  });
}

test("a file that waits shows why", async () => {
  const { queue, uploads } = await openQueue(1);
  const error = new UploadError({ status: 429, code: "rate_limited", detail: "" });
  uploads[0]?.tell({ state: "waiting", error });
  assert.deepEqual([queue.items[0]?.state, queue.items[0]?.problem?.code], ["waiting", error.code]);
  uploads[0]?.tell({});
  assert.deepEqual([queue.items[0]?.state, queue.items[0]?.problem], ["sending", undefined]);
});

test("a refusal that may pass is tried again on demand; a rejected picture stays as it is", async () => {
  const images = { a: { status: "rejected", reason: "truncated" } } as const;
  const { queue, uploads, kept, end, states } = await openQueue(1, { images });
  uploads[0]?.fail(new UploadError({ status: 0, code: "network", detail: "" }));
  await untilStill();
  assert.deepEqual([queue.items[0]?.problem?.code, kept.held.size], ["network", 1]);
  queue.retryAll();
  await untilStill();
  await end(1, "a");
  assert.deepEqual([queue.items[0]?.problem?.code, kept.held.size], ["truncated", 0]);
  queue.retryAll();
  assert.deepEqual(states(), ["refused"]);
});

test("clear() cancels what is under way and keeps nothing", async () => {
  const { queue, uploads, kept } = await openQueue(4);
  await queue.clear();
  await untilStill();
  assert.deepEqual(uploads.map(({ did }) => did), [["cancel"], ["cancel"], ["cancel"]]);
  assert.deepEqual([queue.items.length, kept.held.size], [0, 0]);
});

test("what a reload met at the service is waited for again, and its bytes are not sent twice", async () => {
  const before = await openQueue(1, { isProcessing: () => true });
  await before.end(0, "a");
  assert.deepEqual(before.states(), ["processing"]);
  before.queue.stop();
  await untilStill();
  const { kept } = before;
  const [record] = kept.held.values();
  assert.deepEqual([record?.imageId, record?.file], ["a", undefined]);
  const after = await openQueue(0, { kept });
  await after.queue.restore();
  await untilStill();
  assert.deepEqual([after.ended, after.uploads.length, kept.held.size], [["1.jpg ready"], 0, 0]);
});

test("a file that is taken out while it is sent is cancelled, and gives its line to the next one", async () => {
  const { queue, uploads, kept, ended, remove } = await openQueue(4);
  await remove(1);
  await untilStill();
  assert.deepEqual(uploads[1]?.did, ["cancel"]);
  assert.deepEqual(queue.items.map(({ name }) => name), ["1.jpg", "3.jpg", "4.jpg"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.deepEqual([kept.held.size, ended], [3, []], "nobody hears of it any more");
});

test("all files are paused and resumed at once, and go on in their order", async () => {
  const { queue, states } = await openQueue(5);
  queue.pauseAll();
  assert.deepEqual(new Set(states()), new Set(["paused"]));
  queue.resumeAll();
  await untilStill();
  assert.deepEqual(states(), ["sending", "sending", "sending", "queued", "queued"]);
});

test("many images are waited for by a call for all, a few by one each, until each is ready", async () => {
  let looks = 0;
  const { asked, end, states } = await openQueue(5, { isProcessing: () => ++looks < 4 });
  for (let at = 0; at < 5; at++) await end(at, `i${at}`);
  while (states().some((state) => state !== "ready")) await untilStill();
  assert.ok(asked.some((ids) => ids.includes(",")) && asked.includes("i0"), asked.join(" "));
});

test("an image that its call does not reach is asked for again, and one with a problem is refused", async () => {
  const [gone, away] = (["not_found", "unavailable"] as const).map((code) => ({
    ...{ status: code === "not_found" ? 404 : 503, problem: { code, detail: code } },
  }));
  let looks = 0;
  const images = {
    get i2() {
      return gone;
    },
    get i3() {
      return ++looks === 1 ? away : {};
    },
  } as unknown as TestAnswers["images"]; // as the edge responds for many
  const { asked, queue, uploads, states } = await openQueue(6, { images, atOnce: 6 });
  uploads.forEach(({ end }, at) => end(`i${at}`));
  await untilStill();
  assert.deepEqual([asked[2], asked.at(-1)], ["i2,i3", "i3"]);
  assert.deepEqual(states(), ["ready", "ready", "refused", "ready", "ready", "ready"]);
  assert.deepEqual(queue.items[2]?.problem, { status: 404, ...gone?.problem });
});

test("with holdsLine no more are under way in all than there are lines, what is processed among them", async () => {
  let isProcessing = true;
  const held = { atOnce: 2, holdsLine: true, isProcessing: () => isProcessing };
  const { uploads, states, end } = await openQueue(4, held);
  await end(0, "a");
  assert.deepEqual([uploads.length, states()[0]], [2, "processing"]);
  isProcessing = false;
  while (uploads.length < 3) await untilStill();
  assert.deepEqual(states(), ["ready", "sending", "sending", "queued"]);
});

test("files that a browser cannot keep say so, and are sent all the same", async () => {
  const kept = { ...memoryFiles(), put: () => Promise.resolve(false) };
  const { queue, uploads } = await openQueue(1, { kept });
  assert.deepEqual([queue.items[0]?.isKept, uploads.length], [false, 1]);
});

test("files are opened when their turn comes, and end when they are stored where nothing more is wanted", async () => {
  const { queue, uploads, end, states } = await openQueue(0, { until: "stored" });
  const facts = { name: "1.jpg", size: 5, type: "image/jpeg" };
  const gone = Object.assign(new Error("no such file"), { code: "ENOENT" });
  const [file] = photos(1);
  await queue.add([
    { ...facts, open: () => Promise.resolve(file ?? new Blob()) },
    { ...facts, open: () => Promise.reject(gone) },
  ]);
  await untilStill();
  assert.deepEqual([uploads.length, states()], [1, ["sending", "refused"]]);
  assert.equal(queue.items[1]?.problem?.code, "unreadable");
  await end(0, "a");
  assert.deepEqual(states(), ["stored", "refused"]);
  assert.deepEqual(queue.totals, { count: 1, ended: 1, bytes: 5, sentBytes: 5, bytesPerSecond: 0 });
});

test("a browser without a database keeps nothing, and a queue goes on without", async () => {
  const kept = await openKeptFiles();
  const [file] = (await openQueue(1)).kept.held.values();
  assert.equal(await kept.put(file ?? assert.fail()), false);
  await kept.remove("a");
  await kept.removeBefore(Infinity);
  assert.deepEqual(await kept.all("ann"), []);
});

/** Entries by a letter each: `q` is queued, `b` begun, `g` begun and waits for its turn, `s` sends, `p` is paused while begun. */
const entriesOf = (letters: string) =>
  Array.from(letters, (letter, at) => ({
    item: { id: `${letter}${at}`, state: letter === "p" ? "paused" : "queued" },
    go: letter === "g" ? () => undefined : undefined,
    ...{ isBegun: letter !== "q", isSending: letter === "s" },
  } as unknown as QueueEntry)); // what is read
const named = (entries: readonly QueueEntry[]) => entries.map(({ item }) => item.id).join(" ");

test("nextTurns() gives free lines in order, and none behind one whose session is about to come", () => {
  const turns = {
    "sgg": "g1 g2",
    "ssggg": "g2",
    "gbg": "g0",
    "gpg": "g0 g2",
    "qg": "g1",
    "sssg": "",
  };
  for (const [letters, next] of Object.entries(turns)) {
    assert.equal(named(nextTurns(entriesOf(letters), 3)), next, letters);
  }
});

test("nextToBegin() begins those ahead many at a time", () => {
  const begun = {
    "qqqqqqqq": "q0 q1 q2 q3 q4 q5",
    "sqqqqqqq": "q1 q2 q3 q4 q5",
    "ssbqqqqq": "q3 q4 q5",
    "sspbqqqq": "q4 q5 q6",
    "ssbbqqqq": "q4 q5",
    "ssbbbqqq": "",
    "ssbbbbqq": "",
  };
  for (const [letters, next] of Object.entries(begun)) {
    assert.equal(named(nextToBegin(entriesOf(letters), { lines: 2, ahead: 4 })), next, letters);
  }
});
