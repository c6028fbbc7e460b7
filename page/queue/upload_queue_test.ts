import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadError } from "@tintype/client/problem";
import { memoryFiles, photos, testClient, untilStill } from "../_testing.ts";
import { type QueueOptions, UploadQueue } from "./upload_queue.ts";

function openQueue(changes: Partial<QueueOptions>) {
  const settled: string[] = [];
  const left: string[] = [];
  const queue = new UploadQueue({
    client: testClient().client,
    kept: memoryFiles(),
    account: "ann",
    types: [{ type: "image/jpeg", label: "JPEG", extensions: ["jpg"] }],
    thumbnailOf: () => Promise.resolve(undefined),
    onChange: () => undefined,
    onSettled: ({ imageId }) => void settled.push(imageId),
    onLeft: ({ imageId }) => void left.push(imageId),
    mayLeave: () => false,
    onRefused: () => undefined,
    ...changes,
  });
  return { queue, settled, left };
}

test("the queue sends three files at a time, in their order, and keeps none that is ready", async () => {
  const { client, uploads } = testClient();
  const kept = memoryFiles();
  const { queue, settled } = openQueue({ client, kept });
  await queue.add(photos(5));
  assert.deepEqual(uploads.map(({ file }) => file.name), ["1.jpg", "2.jpg", "3.jpg"]);
  assert.equal(kept.held.size, 5);
  uploads[1]?.end("b");
  await untilStill();
  assert.deepEqual(settled, ["b"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.deepEqual([queue.items[1]?.state, kept.held.size], ["ready", 4]);
});

test("what is ready stays in its place until its owner has it put away", async () => {
  const { client, uploads } = testClient();
  const { queue, left } = openQueue({ client });
  await queue.add(photos(2));
  uploads[0]?.end("a");
  uploads[1]?.end("b");
  await untilStill();
  assert.deepEqual(queue.items.map(({ state }) => state), ["ready", "ready"]);
  assert.deepEqual([left, queue.isBusy], [[], false]);
  queue.putAwayReady(({ imageId }) => imageId === "a");
  assert.deepEqual(left, ["a"]);
  queue.putAwayReady();
  assert.deepEqual([left, queue.items.length], [["a", "b"], 0]);
});

test("what is ready leaves by itself where that moves nothing, once nothing is on its way", async () => {
  const { client, uploads } = testClient({ b: { status: "rejected", reason: "corrupt" } });
  const { queue, left } = openQueue({ client, mayLeave: () => true });
  await queue.add(photos(2));
  uploads[0]?.end("a");
  await untilStill();
  assert.deepEqual([left, queue.items.length], [[], 2]);
  uploads[1]?.end("b");
  await untilStill();
  assert.deepEqual([left, queue.items.map(({ state }) => state)], [["a"], ["refused"]]);
  queue.dismissAll();
  assert.deepEqual(left, ["a", "b"]);
});

test("a paused file gives its line to the next one, keeps what is held, and waits for a line again", async () => {
  const { client, uploads } = testClient();
  const kept = memoryFiles();
  const { queue } = openQueue({ client, kept });
  await queue.add(photos(4));
  uploads[0]?.tell({ state: "sending", heldBytes: 3, totalBytes: 5 });
  const id = queue.items[0]?.id ?? "";
  queue.pause(id);
  assert.deepEqual(uploads[0]?.did, ["pause"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.equal(kept.held.get(id)?.isPaused, true);
  queue.resume(id);
  uploads[0]?.tell({ state: "sending", heldBytes: 2, totalBytes: 5 });
  assert.equal(queue.items[0]?.state, "queued", "whatever its upload still reports");
  uploads[1]?.end("b");
  await untilStill();
  assert.deepEqual(uploads[0]?.did, ["pause", "resume"]);
  assert.deepEqual([queue.items[0]?.state, queue.items[0]?.heldBytes], ["sending", 3]);
});

test("restore() goes on with what an earlier life of the page kept for this account", async () => {
  const kept = memoryFiles();
  const before = openQueue({ client: testClient().client, kept });
  await before.queue.add(photos(2));
  before.queue.pause(before.queue.items[0]?.id ?? "");
  before.queue.stop();
  await untilStill();
  const { client, uploads } = testClient();
  const { queue } = openQueue({ client, kept });
  await queue.restore();
  assert.deepEqual(queue.items.map(({ name, state }) => [name, state]), [
    ["1.jpg", "paused"],
    ["2.jpg", "reading"],
  ]);
  assert.equal(uploads.length, 1);
  const other = openQueue({ kept, account: "ben" });
  await other.queue.restore();
  assert.equal(other.queue.items.length, 0);
});

test("what cannot be taken is refused without a request, and is not kept", async () => {
  const { client, uploads } = testClient();
  const kept = memoryFiles();
  const { queue } = openQueue({ client, kept });
  await queue.add([new File(["x"], "notes.txt", { type: "text/plain" })]);
  assert.equal(queue.items[0]?.problem?.code, "unsupported_type");
  await untilStill();
  assert.deepEqual([uploads.length, kept.held.size], [0, 0]);
});

test("an empty file is refused without a request, as one that was not copied whole", async () => {
  const { client, uploads } = testClient();
  const kept = memoryFiles();
  const { queue } = openQueue({ client, kept });
  await queue.add([new File([], "empty.jpg", { type: "image/jpeg" })]);
  assert.deepEqual([queue.items[0]?.problem?.code, uploads.length], ["truncated", 0]);
  assert.equal(kept.held.size, 0);
});

test("a file that waits tells whether the service asked for it or the network is gone", async () => {
  const { client, uploads } = testClient();
  const { queue } = openQueue({ client });
  await queue.add(photos(1));
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
  const { client, uploads } = testClient({ a: { status: "rejected", reason: "truncated" } });
  const { queue, settled } = openQueue({ client });
  await queue.add(photos(1));
  uploads[0]?.fail(new UploadError({ status: 0, code: "network", detail: "" }));
  await untilStill();
  assert.equal(queue.items[0]?.problem?.code, "network");
  queue.retryAll();
  uploads[1]?.end("a");
  await untilStill();
  assert.deepEqual(settled, ["a"]);
  assert.equal(queue.items[0]?.problem?.code, "truncated");
  queue.retryAll();
  assert.equal(queue.items[0]?.state, "refused");
  queue.dismissAll();
  assert.equal(queue.items.length, 0);
});

test("clear() cancels what is under way and keeps nothing", async () => {
  const { client, uploads } = testClient();
  const kept = memoryFiles();
  const { queue } = openQueue({ client, kept });
  await queue.add(photos(4));
  await queue.clear();
  await untilStill();
  assert.deepEqual(uploads.map(({ did }) => did), [["cancel"], ["cancel"], ["cancel"]]);
  assert.deepEqual([queue.items.length, kept.held.size], [0, 0]);
});

test("what a reload met at the service is waited for again, and its bytes are not sent twice", async () => {
  const kept = memoryFiles();
  const { client, uploads } = testClient();
  const endless = { ...client, waitUntilReady: () => new Promise<never>(() => undefined) };
  const before = openQueue({ client: endless, kept });
  await before.queue.add(photos(1));
  uploads[0]?.end("a");
  await untilStill();
  assert.equal(before.queue.items[0]?.state, "developing");
  before.queue.stop();
  await untilStill();
  const [record] = kept.held.values();
  assert.deepEqual([record?.imageId, record?.file], ["a", undefined]);
  const after = openQueue({ client, kept });
  await after.queue.restore();
  await untilStill();
  assert.deepEqual([after.settled, uploads.length, kept.held.size], [["a"], 1, 0]);
});

test("a file that is taken out while it is sent is cancelled, and gives its line to the next one", async () => {
  const { client, uploads } = testClient();
  const kept = memoryFiles();
  const refused: string[] = [];
  const { queue, left } = openQueue({
    ...{ client, kept },
    onRefused: ({ name }) => void refused.push(name),
  });
  await queue.add(photos(4));
  await queue.remove(queue.items[1]?.id ?? "");
  await untilStill();
  assert.deepEqual(uploads[1]?.did, ["cancel"]);
  assert.deepEqual(queue.items.map(({ name }) => name), ["1.jpg", "3.jpg", "4.jpg"]);
  assert.equal(uploads[3]?.file.name, "4.jpg");
  assert.deepEqual([kept.held.size, left, refused], [3, [], []], "nobody hears of it any more");
});

test("all files are paused and resumed at once, and go on in their order", async () => {
  const { client, uploads } = testClient();
  const { queue } = openQueue({ client });
  await queue.add(photos(5));
  queue.pauseAll();
  assert.deepEqual(new Set(queue.items.map(({ state }) => state)), new Set(["paused"]));
  assert.equal(uploads.length, 5, "each free line was given on before its file was paused too");
  queue.resumeAll();
  const states = queue.items.map(({ state }) => state);
  assert.deepEqual(states, ["sending", "sending", "sending", "queued", "queued"]);
});

test("a picture whose developing takes longer than its turn is asked for again", async () => {
  const { client, uploads } = testClient();
  let asked = 0;
  const slow = {
    ...client,
    waitUntilReady: (imageId: string) =>
      ++asked < 3
        ? Promise.reject(new UploadError({ status: 0, code: "timeout", detail: "" }))
        : client.waitUntilReady(imageId),
  };
  const { queue, settled } = openQueue({ client: slow });
  await queue.add(photos(1));
  uploads[0]?.end("a");
  await untilStill();
  assert.deepEqual([asked, settled, queue.items[0]?.state], [3, ["a"], "ready"]);
});

test("a file that this browser cannot keep says so, and is sent all the same", async () => {
  const { client, uploads } = testClient();
  const kept = { ...memoryFiles(), put: () => Promise.resolve(false) };
  const { queue } = openQueue({ client, kept });
  await queue.add(photos(1));
  await untilStill();
  assert.deepEqual([queue.items[0]?.isKept, uploads.length], [false, 1]);
});
