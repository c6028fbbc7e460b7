import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, Image } from "@tintype/client/client";
import { UploadError } from "@tintype/client/problem";
import { memoryFiles, photos, testClient, untilStill } from "../_testing.ts";
import { type QueueOptions, UploadQueue } from "./upload_queue.ts";

/** How a test's queue differs from one where all goes well. */
interface Changes extends Partial<Omit<QueueOptions, "client" | "kept">> {
  readonly images?: Readonly<Record<string, Partial<Image>>>;
  readonly kept?: ReturnType<typeof memoryFiles>;
  readonly waitUntilReady?: Client["waitUntilReady"];
}

/** A queue of so many photographs, whose uploads the test ends. */
async function openQueue(count: number, { images, waitUntilReady, ...changes }: Changes = {}) {
  const { client, uploads } = testClient(images);
  const kept = changes.kept ?? memoryFiles();
  const settled: string[] = [];
  const left: string[] = [];
  const queue = new UploadQueue({
    client: { ...client, ...(waitUntilReady === undefined ? {} : { waitUntilReady }) },
    account: "ann",
    types: [{ type: "image/jpeg", label: "JPEG", extensions: ["jpg"] }],
    thumbnailOf: () => Promise.resolve(undefined),
    onChange: () => undefined,
    onSettled: ({ imageId }) => void settled.push(imageId),
    onLeft: ({ imageId }) => void left.push(imageId),
    mayLeave: () => false,
    onRefused: () => undefined,
    ...changes,
    kept,
  });
  await queue.add(photos(count));
  const end = async (at: number, imageId: string) => {
    uploads[at]?.end(imageId);
    await untilStill();
  };
  const states = () => queue.items.map(({ state }) => state);
  return { queue, uploads, kept, settled, left, end, states };
}

test("the queue sends three files at a time, in their order, and keeps none that is ready", async () => {
  const { queue, uploads, kept, settled, end } = await openQueue(5);
  assert.deepEqual(uploads.map(({ file }) => file.name), ["1.jpg", "2.jpg", "3.jpg"]);
  assert.equal(kept.held.size, 5);
  await end(1, "b");
  assert.deepEqual(settled, ["b"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.deepEqual([queue.items[1]?.state, kept.held.size], ["ready", 4]);
});

test("what is ready stays in its place until its owner has it put away", async () => {
  const { queue, left, end, states } = await openQueue(2);
  await end(0, "a");
  await end(1, "b");
  assert.deepEqual(states(), ["ready", "ready"]);
  assert.deepEqual([left, queue.isBusy], [[], false]);
  queue.putAwayReady(({ imageId }) => imageId === "a");
  assert.deepEqual(left, ["a"]);
  queue.putAwayReady();
  assert.deepEqual([left, queue.items.length], [["a", "b"], 0]);
});

test("what is ready leaves by itself where that moves nothing, once nothing is on its way", async () => {
  const images = { b: { status: "rejected", reason: "corrupt" } } as const;
  const { queue, left, end, states } = await openQueue(2, { images, mayLeave: () => true });
  await end(0, "a");
  assert.deepEqual([left, queue.items.length], [[], 2]);
  await end(1, "b");
  assert.deepEqual([left, states()], [["a"], ["refused"]]);
  queue.dismissAll();
  assert.deepEqual(left, ["a", "b"]);
});

test("a paused file gives its line to the next one, keeps what is held, and waits for a line again", async () => {
  const { queue, uploads, kept, end } = await openQueue(4);
  uploads[0]?.tell({ state: "sending", heldBytes: 3, totalBytes: 5 });
  const id = queue.items[0]?.id ?? "";
  queue.pause(id);
  assert.deepEqual(uploads[0]?.did, ["pause"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.equal(kept.held.get(id)?.isPaused, true);
  queue.resume(id);
  uploads[0]?.tell({ state: "sending", heldBytes: 2, totalBytes: 5 });
  assert.equal(queue.items[0]?.state, "queued", "whatever its upload still reports");
  await end(1, "b");
  assert.deepEqual(uploads[0]?.did, ["pause", "resume"]);
  assert.deepEqual([queue.items[0]?.state, queue.items[0]?.heldBytes], ["sending", 3]);
});

test("restore() goes on with what an earlier life of the page kept for this account", async () => {
  const before = await openQueue(2);
  before.queue.pause(before.queue.items[0]?.id ?? "");
  before.queue.stop();
  await untilStill();
  const { kept } = before;
  const { queue, uploads } = await openQueue(0, { kept });
  await queue.restore();
  assert.deepEqual(queue.items.map(({ name, state }) => [name, state]), [
    ["1.jpg", "paused"],
    ["2.jpg", "reading"],
  ]);
  assert.equal(uploads.length, 1);
  const other = await openQueue(0, { kept, account: "ben" });
  await other.queue.restore();
  assert.equal(other.queue.items.length, 0);
});

for (
  const [what, file, code] of [
    ["another kind of file", new File(["x"], "a.txt", { type: "text/plain" }), "unsupported_type"],
    ["an empty file", new File([], "empty.jpg", { type: "image/jpeg" }), "truncated"],
  ] as const
) {
  test(`${what} is refused without a request, and is not kept`, async () => {
    const { queue, uploads, kept } = await openQueue(0);
    await queue.add([file]);
    await untilStill();
    assert.deepEqual([queue.items[0]?.problem?.code, uploads.length], [code, 0]);
    assert.equal(kept.held.size, 0);
  });
}

test("a file that waits tells whether the service asked for it or the network is gone", async () => {
  const { queue, uploads } = await openQueue(1);
  const isHeldUpBy = (code: "rate_limited" | "network") => {
    const error = new UploadError({ status: code === "network" ? 0 : 429, code, detail: "" });
    uploads[0]?.tell({ state: "waiting", heldBytes: 0, totalBytes: 5, error });
    return [queue.items[0]?.state, queue.items[0]?.isHeldUp];
  };
  assert.deepEqual(isHeldUpBy("rate_limited"), ["waiting", true]);
  assert.deepEqual(isHeldUpBy("network"), ["waiting", false]);
  uploads[0]?.tell({ state: "sending", heldBytes: 0, totalBytes: 5 });
  assert.equal(queue.items[0]?.isHeldUp, false);
});

test("a refusal that may pass is tried again on demand; a rejected picture is settled and stays to be read", async () => {
  const images = { a: { status: "rejected", reason: "truncated" } } as const;
  const { queue, uploads, settled, end, states } = await openQueue(1, { images });
  uploads[0]?.fail(new UploadError({ status: 0, code: "network", detail: "" }));
  await untilStill();
  assert.equal(queue.items[0]?.problem?.code, "network");
  queue.retryAll();
  await end(1, "a");
  assert.deepEqual(settled, ["a"]);
  assert.equal(queue.items[0]?.problem?.code, "truncated");
  queue.retryAll();
  assert.deepEqual(states(), ["refused"]);
  queue.dismissAll();
  assert.equal(queue.items.length, 0);
});

test("clear() cancels what is under way and keeps nothing", async () => {
  const { queue, uploads, kept } = await openQueue(4);
  await queue.clear();
  await untilStill();
  assert.deepEqual(uploads.map(({ did }) => did), [["cancel"], ["cancel"], ["cancel"]]);
  assert.deepEqual([queue.items.length, kept.held.size], [0, 0]);
});

test("what a reload met at the service is waited for again, and its bytes are not sent twice", async () => {
  const endless = () => new Promise<never>(() => undefined);
  const before = await openQueue(1, { waitUntilReady: endless });
  await before.end(0, "a");
  assert.deepEqual(before.states(), ["developing"]);
  before.queue.stop();
  await untilStill();
  const { kept } = before;
  const [record] = kept.held.values();
  assert.deepEqual([record?.imageId, record?.file], ["a", undefined]);
  const after = await openQueue(0, { kept });
  await after.queue.restore();
  await untilStill();
  assert.deepEqual([after.settled, after.uploads.length, kept.held.size], [["a"], 0, 0]);
});

test("a file that is taken out while it is sent is cancelled, and gives its line to the next one", async () => {
  const refused: string[] = [];
  const onRefused = ({ name }: { readonly name: string }) => void refused.push(name);
  const { queue, uploads, kept, left } = await openQueue(4, { onRefused });
  await queue.remove(queue.items[1]?.id ?? "");
  await untilStill();
  assert.deepEqual(uploads[1]?.did, ["cancel"]);
  assert.deepEqual(queue.items.map(({ name }) => name), ["1.jpg", "3.jpg", "4.jpg"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.deepEqual([kept.held.size, left, refused], [3, [], []], "nobody hears of it any more");
});

test("all files are paused and resumed at once, and go on in their order", async () => {
  const { queue, uploads, states } = await openQueue(5);
  queue.pauseAll();
  assert.deepEqual(new Set(states()), new Set(["paused"]));
  assert.equal(uploads.length, 5, "each free line was given on before its file was paused too");
  queue.resumeAll();
  assert.deepEqual(states(), ["sending", "sending", "sending", "queued", "queued"]);
});

test("a picture whose developing takes longer than its turn is asked for again", async () => {
  let asked = 0;
  const slow: Client["waitUntilReady"] = (imageId) =>
    ++asked < 3
      ? Promise.reject(new UploadError({ status: 0, code: "timeout", detail: "" }))
      : testClient().client.waitUntilReady(imageId);
  const { settled, end, states } = await openQueue(1, { waitUntilReady: slow });
  await end(0, "a");
  assert.deepEqual([asked, settled, states()], [3, ["a"], ["ready"]]);
});

test("a file that this browser cannot keep says so, and is sent all the same", async () => {
  const kept = { ...memoryFiles(), put: () => Promise.resolve(false) };
  const { queue, uploads } = await openQueue(1, { kept });
  await untilStill();
  assert.deepEqual([queue.items[0]?.isKept, uploads.length], [false, 1]);
});
