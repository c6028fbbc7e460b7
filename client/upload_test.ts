import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calls,
  clientOf,
  declared,
  FILE,
  IMAGE,
  isProblem,
  problem,
  started,
  stored,
} from "./_edge_testing.ts";
import { connectionLost, fileOf, incomplete, json, MULTIPLE, type Sent } from "./_testing.ts";
import type { UploadProgress } from "./client.ts";
import { newImageId } from "./image_id.ts";
import { MemoryResumeStore } from "./memory_store.ts";

const DAY_MS = 86_400_000;
const QUERY = `bytes */${FILE.size}`;

/** Answers when the test says so; a request that is aborted first ends as `fetch` ends it. */
function held(answer: () => Response) {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => release = resolve);
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => arrive = resolve);
  return {
    arrived,
    release,
    async give({ signal }: Sent): Promise<Response> {
      arrive();
      const aborted = new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
      await Promise.race([released, aborted]);
      return answer();
    },
  };
}

function statesOf(progress: readonly UploadProgress[]): string[] {
  return progress.map(({ state }) => state)
    .filter((state, index, all) => state !== all[index - 1]);
}

test("upload() tells where it is, what is held and why it waits", async () => {
  const { client } = clientOf([started(), incomplete(MULTIPLE), connectionLost, stored()]);
  const progress: UploadProgress[] = [];
  const upload = client.upload(FILE, { onProgress: (now) => progress.push(now) });
  const { imageId } = await upload;
  assert.deepEqual(statesOf(progress), ["reading", "starting", "sending", "waiting", "done"]);
  assert.deepEqual(
    progress.find(({ state }) => state === "waiting")?.error?.code,
    "network",
  );
  const last = progress.at(-1);
  assert.deepEqual([last?.heldBytes, last?.totalBytes], [FILE.size, FILE.size]);
  assert.deepEqual([last?.imageId, last?.error, upload.state], [imageId, undefined, "done"]);
});

test("pause() aborts what is under way and keeps the session; resume() asks what is held and goes on", async () => {
  const chunk = held(stored);
  const { client, sent } = clientOf([
    ...[started(), incomplete(MULTIPLE), chunk.give],
    ...[incomplete(MULTIPLE), stored()],
  ]);
  const upload = client.upload(FILE);
  await chunk.arrived;
  upload.pause();
  upload.pause();
  assert.equal(upload.state, "paused");
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(sent.length, 3);
  upload.resume();
  await upload;
  assert.equal(sent[3]?.range, QUERY);
  assert.equal(calls(sent).filter((call) => call.startsWith("POST")).length, 1);
  assert.equal(upload.state, "done");
});

test("pause() while a session starts lets it start, once", async () => {
  const start = held(() => new Response("busy", { status: 503 }));
  const { client, sent } = clientOf([start.give, started(), incomplete(MULTIPLE), stored()]);
  const upload = client.upload(FILE);
  await start.arrived;
  upload.pause();
  start.release();
  await new Promise((resolve) => setTimeout(resolve, 30));
  upload.resume();
  await upload;
  assert.deepEqual(sent.map(({ method }) => method), ["POST", "POST", "PUT", "PUT"]);
});

test("cancel() ends the session, also of a paused upload, and the promise rejects with what it was told", async () => {
  for (const isPaused of [false, true]) {
    const chunk = held(stored);
    const { client, sent } = clientOf([
      ...[started(), chunk.give, new Response(null, { status: 499 })],
    ]);
    const upload = client.upload(FILE);
    await chunk.arrived;
    if (isPaused) upload.pause();
    const rejected = assert.rejects(upload, isProblem("cancelled"));
    await upload.cancel();
    await rejected;
    assert.equal(calls(sent).at(-1), "DELETE store.test/1");
    assert.equal(upload.state, "cancelled");
  }
});

test("cancel() while a session starts waits for its address and ends it", async () => {
  const start = held(() => json({}));
  const { client, sent } = clientOf([
    async (request) => {
      await start.give(request);
      return started()(request);
    },
    new Response(null, { status: 499 }),
  ]);
  const upload = client.upload(FILE);
  await start.arrived;
  const cancelled = upload.cancel(new Error("changed my mind"));
  start.release();
  await assert.rejects(upload, /changed my mind/);
  await cancelled;
  assert.deepEqual(calls(sent), ["POST edge.test/v1/uploads", "DELETE store.test/1"]);
});

test("upload() with a signal that is aborted already sends nothing", async () => {
  const { client, sent } = clientOf([]);
  const reason = new Error("too late");
  await assert.rejects(client.upload(FILE, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(sent.length, 0);
});

test("upload() after a restart goes on with the session, the id and the bytes that the last try left", async () => {
  const store = new MemoryResumeStore();
  const first = clientOf([started(), incomplete(MULTIPLE), ...Array(4).fill(connectionLost)], {
    store,
  });
  await assert.rejects(first.client.upload(FILE), isProblem("network"));
  const progress: number[] = [];
  const second = clientOf([incomplete(MULTIPLE), stored()], { store });
  const onProgress = ({ heldBytes }: UploadProgress) => progress.push(heldBytes);
  const { imageId } = await second.client.upload(FILE, { onProgress });
  assert.equal(imageId, first.sent[0] && declared(first.sent[0]).imageId);
  assert.deepEqual(second.sent.map(({ range }) => range), [
    QUERY,
    `bytes ${MULTIPLE}-${FILE.size - 1}/${FILE.size}`,
  ]);
  assert.ok(progress.includes(MULTIPLE));
  const third = clientOf([started(), incomplete(MULTIPLE), stored()], { store });
  assert.notEqual((await third.client.upload(FILE)).imageId, imageId);
});

test("upload() after a restart uses the id again whose start was never answered", async () => {
  const store = new MemoryResumeStore();
  const first = clientOf(Array(4).fill(connectionLost), { store });
  await assert.rejects(first.client.upload(FILE), isProblem("network"));
  const second = clientOf([json(IMAGE)], { store });
  await second.client.upload(FILE);
  assert.deepEqual(second.sent.map(declared), [declared(first.sent[0] ?? fail())]);
});

test("upload() resumes nothing of another file, another account, another preset, or of an id that it was not given", async () => {
  const store = new MemoryResumeStore();
  const first = clientOf([started(), ...Array(4).fill(connectionLost)], { store });
  await assert.rejects(first.client.upload(FILE), isProblem("network"));
  const anew = [started("http://store.test/2"), incomplete(MULTIPLE), stored()] as const;
  const other = fileOf(FILE.size);
  const changed = new Blob([other.slice(0, FILE.size - 1), "!"], { type: "image/jpeg" });
  const others = [
    (client: ReturnType<typeof clientOf>["client"]) => client.upload(changed),
    (client: ReturnType<typeof clientOf>["client"]) =>
      client.upload(FILE, { metadata: { preset: "shop" } }),
    (client: ReturnType<typeof clientOf>["client"]) =>
      client.upload(FILE, { imageId: newImageId() }),
  ];
  for (const upload of others) {
    const { client, sent } = clientOf([
      started("http://store.test/2"),
      incomplete(MULTIPLE),
      stored(),
    ], { store });
    await upload(client);
    assert.equal(sent[0]?.method, "POST");
  }
  const bob = clientOf([...anew], { store, account: "bob" });
  await bob.client.upload(FILE);
  assert.equal(bob.sent[0]?.method, "POST");
});

test("upload() keeps people apart by their tokens where no account is named, however the tokens change", async () => {
  const store = new MemoryResumeStore();
  const tokenOf = (sub: string, iat: number) =>
    `e30.${
      Buffer.from(JSON.stringify({ iss: "i", sub, iat, n: "ÿ~?" })).toString("base64url")
    }.sig`;
  const optionsOf = (token: string) => ({ store, account: undefined, token: () => token });
  const lost = [started(), ...Array(4).fill(connectionLost)];
  const first = clientOf(lost, optionsOf(tokenOf("ann", 1)));
  await assert.rejects(first.client.upload(FILE), isProblem("network"));
  const bob = clientOf([started(), incomplete(MULTIPLE), stored()], optionsOf(tokenOf("bob", 1)));
  await bob.client.upload(FILE);
  assert.equal(bob.sent[0]?.method, "POST");
  const again = clientOf([incomplete(MULTIPLE), stored()], optionsOf(tokenOf("ann", 2)));
  await again.client.upload(FILE);
  assert.equal(again.sent[0]?.range, QUERY);
});

test("upload() of one file twice at the same time makes two images", async () => {
  const chunk = held(stored);
  const { client, sent } = clientOf([
    ...[started("http://store.test/1"), chunk.give],
    ...[started("http://store.test/2"), incomplete(MULTIPLE), stored()],
  ]);
  const first = client.upload(FILE);
  await chunk.arrived;
  const second = await client.upload(FILE);
  chunk.release();
  assert.notEqual((await first).imageId, second.imageId);
  assert.equal(sent.length, 5);
});

test("upload() goes on without a store that fails", async () => {
  const broken = () => Promise.reject(new Error("The quota has been exceeded"));
  const store = { get: broken, put: broken, remove: broken };
  const { client } = clientOf([started(), incomplete(MULTIPLE), stored()], { store });
  await client.upload(FILE);
});

test("upload() begins anew where the session that was left is over, under a new id where the old one is too old", async () => {
  for (const [ageMs, isKept] of [[DAY_MS / 2, true], [2 * DAY_MS, false]] as const) {
    const imageId = newImageId(Date.now() - ageMs);
    const session = { url: "http://store.test/old", headers: {}, chunkMultiple: MULTIPLE };
    const store = new MemoryResumeStore();
    store.get = () => Promise.resolve({ imageId, session, keepUntilMs: Date.now() + DAY_MS });
    const gone = new Response(null, { status: 410 });
    const { client, sent } = clientOf([gone, started(), incomplete(MULTIPLE), stored()], { store });
    const uploaded = await client.upload(FILE);
    assert.equal(uploaded.imageId === imageId, isKept);
    assert.equal(sent[1]?.method, "POST");
  }
});

test("upload() lets the edge make the id where this device's clock is wrong", async () => {
  const errors = [{ path: "imageId", message: "must not have a time more than 5 seconds ahead" }];
  const refusal = () => problem(400, "invalid_request", {}, errors);
  const { client, sent } = clientOf([refusal(), started(), incomplete(MULTIPLE), stored()]);
  assert.deepEqual(await client.upload(FILE), { imageId: "edge-made" });
  assert.equal(declared(sent[1] ?? fail()).imageId, undefined);
  const own = clientOf([refusal()]);
  await assert.rejects(own.client.upload(FILE, { imageId: "x" }), isProblem("invalid_request"));
});

test("upload() takes a source of its own, reads it in parts and tells when it cannot be read", async () => {
  const bytes = new Uint8Array(await FILE.arrayBuffer());
  const read = (start: number, end: number) => Promise.resolve(bytes.slice(start, end));
  const { client, sent } = clientOf([started(), incomplete(MULTIPLE), stored()]);
  await client.upload({ size: FILE.size, type: "image/jpeg", read });
  assert.deepEqual(new Uint8Array([...sent[1]?.body ?? [], ...sent[2]?.body ?? []]), bytes);
  const short = clientOf([]);
  const shorter = { size: FILE.size + 1, type: "image/jpeg", read };
  await assert.rejects(short.client.upload(shorter), isProblem("unreadable"));
});

test("a refused token is renewed once, and the refusal is passed on where that does not help", async () => {
  const refused: (string | undefined)[] = [];
  const token = ({ refused: old }: { readonly refused?: string | undefined }) => {
    refused.push(old);
    return old === undefined ? "old" : "new";
  };
  const good = clientOf([problem(401, "unauthenticated"), json(IMAGE)], { token });
  assert.deepEqual(await good.client.images.get("x"), IMAGE);
  assert.deepEqual(refused, [undefined, "old"]);
  assert.equal(good.sent[1]?.headers.get("authorization"), "Bearer new");
  const bad = clientOf([problem(401, "unauthenticated"), problem(401, "unauthenticated")], {
    token,
  });
  await assert.rejects(bad.client.images.get("x"), isProblem("unauthenticated"));
});

function fail(): never {
  throw new Error("Nothing was sent");
}
