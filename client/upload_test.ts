import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calls,
  cancelled,
  clientOf,
  connectionLost,
  declared,
  EDGE_MADE,
  FILE,
  IMAGE,
  incomplete,
  isProblem,
  json,
  LOST,
  MULTIPLE,
  problem,
  type ScriptedAnswer,
  type Sent,
  started,
  stored,
  whole,
} from "./_testing.ts";
import type { Client, ClientOptions, UploadProgress } from "./client.ts";
import { newImageId } from "./image_id.ts";
import { MemoryResumeStore } from "./resume_store.ts";
import { untilStill } from "./testing/queue_fixture.ts";

const DAY_MS = 86_400_000;
const QUERY = `bytes */${FILE.size}`;

/** Answers when the test says so; a request that is aborted first ends as `fetch` ends it. */
function held(answer: () => Response) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const give = async ({ signal }: Sent): Promise<Response> => {
    arrive();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    await Promise.race([released, aborted]);
    return answer();
  };
  return { arrived, release, give };
}

/** What a client that lost its network leaves in a store, and what it sent. */
async function leaveUnfinished(
  { answers = [started()], ...options }: Partial<ClientOptions> & {
    readonly answers?: readonly ScriptedAnswer[];
  },
) {
  const { client, sent } = clientOf([...answers, ...LOST], options);
  await assert.rejects(client.upload(FILE), isProblem("network"));
  return sent;
}

function statesOf(progress: readonly UploadProgress[]): string[] {
  return progress.map(({ state }) => state)
    .filter((state, index, all) => state !== all[index - 1]);
}

test("upload() reports where it is, what is held and why it waits", async () => {
  const { client } = clientOf([started(), incomplete(MULTIPLE), connectionLost, stored()]);
  const progress: UploadProgress[] = [];
  const upload = client.upload(FILE, { onProgress: (now) => progress.push(now) });
  const { imageId } = await upload;
  assert.deepEqual(statesOf(progress), ["reading", "starting", "sending", "waiting", "done"]);
  assert.equal(progress.find(({ state }) => state === "waiting")?.error?.code, "network");
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
  await untilStill();
  assert.equal(sent.length, 3);
  upload.resume();
  await upload;
  assert.equal(sent[3]?.range, QUERY);
  assert.equal(calls(sent).filter((call) => call.startsWith("POST")).length, 1);
  assert.equal(upload.state, "done");
});

test("pause() while a session starts lets it start, once", async () => {
  const start = held(() => new Response("busy", { status: 503 }));
  const { client, sent } = clientOf([start.give, ...whole()]);
  const upload = client.upload(FILE);
  await start.arrived;
  upload.pause();
  start.release();
  await untilStill();
  upload.resume();
  await upload;
  assert.deepEqual(sent.map(({ method }) => method), ["POST", "POST", "PUT", "PUT"]);
});

test("cancel() ends the session, also of a paused upload, and the promise rejects with the given reason", async () => {
  for (const isPaused of [false, true]) {
    const chunk = held(stored);
    const { client, sent } = clientOf([started(), chunk.give, cancelled]);
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
  const late = async (request: Sent) => (await start.give(request), started()(request));
  const { client, sent } = clientOf([late, cancelled]);
  const upload = client.upload(FILE);
  await start.arrived;
  const cancelling = upload.cancel(new Error("changed my mind"));
  start.release();
  await assert.rejects(upload, /changed my mind/);
  await cancelling;
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
  const answers = [started(), incomplete(MULTIPLE)];
  await leaveUnfinished({ store, answers });
  const progress: number[] = [];
  const second = clientOf([incomplete(MULTIPLE), stored()], { store });
  const onProgress = ({ heldBytes }: UploadProgress) => progress.push(heldBytes);
  const { imageId } = await second.client.upload(FILE, { onProgress });
  assert.equal(imageId, EDGE_MADE.at(-1));
  assert.deepEqual(second.sent.map(({ range }) => range), [
    QUERY,
    `bytes ${MULTIPLE}-${FILE.size - 1}/${FILE.size}`,
  ]);
  assert.ok(progress.includes(MULTIPLE));
  const third = clientOf(whole(), { store });
  assert.notEqual((await third.client.upload(FILE)).imageId, imageId);
});

test("upload() after a restart uses the id again whose start was never answered", async () => {
  const store = new MemoryResumeStore();
  const [, again = fail()] = await leaveUnfinished({ store, answers: [] });
  const second = clientOf([json(IMAGE)], { store });
  await second.client.upload(FILE);
  assert.deepEqual(second.sent.map(declared), [declared(again)]);
});

test("upload() resumes nothing of another file, another account, another preset or reference, or of an id that it was not given", async () => {
  const store = new MemoryResumeStore();
  await leaveUnfinished({ store });
  const changed = new Blob([FILE.slice(0, FILE.size - 1), "!"], { type: "image/jpeg" });
  const others: readonly (readonly [(client: Client) => PromiseLike<unknown>, account?: string])[] =
    [
      [(client) => client.upload(changed)],
      [(client) => client.upload(FILE, { metadata: { preset: "shop" } })],
      [(client) => client.upload(FILE, { metadata: { ref: "order-4711" } })],
      [(client) => client.upload(FILE, { imageId: newImageId(Date.now()) })],
      [(client) => client.upload(FILE), "bob"],
    ];
  for (const [upload, account = "ann"] of others) {
    const { client, sent } = clientOf(whole("http://store.test/2"), { store, account });
    await upload(client);
    assert.equal(sent[0]?.method, "POST");
  }
});

test("upload() keeps people apart by their tokens where no account is named, however the tokens change", async () => {
  const store = new MemoryResumeStore();
  const optionsOf = (sub: string | undefined, iat: number, jti: string = crypto.randomUUID()) => {
    const claims = Buffer.from(JSON.stringify({ iss: "i", sub, jti, iat, n: "ÿ~?" }));
    const token = `e30.${claims.toString("base64url")}.sig`;
    return { store, account: undefined, token: () => token };
  };
  await leaveUnfinished(optionsOf("ann", 1));
  const bob = clientOf(whole(), optionsOf("bob", 1));
  await bob.client.upload(FILE);
  assert.equal(bob.sent[0]?.method, "POST");
  const again = clientOf([incomplete(MULTIPLE), stored()], optionsOf("ann", 2));
  await again.client.upload(FILE);
  assert.equal(again.sent[0]?.range, QUERY);
  await leaveUnfinished(optionsOf(undefined, 1, "one grant"));
  const other = clientOf(whole(), optionsOf(undefined, 1, "another grant"));
  await other.client.upload(FILE);
  assert.equal(other.sent[0]?.method, "POST");
});

test("upload() of one file twice at the same time makes two images", async () => {
  const chunk = held(stored);
  const { client, sent } = clientOf([started(), chunk.give, ...whole("http://store.test/2")]);
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
  const { client } = clientOf(whole(), { store });
  await client.upload(FILE);
});

test("upload() begins anew where the session that was left is over, under a new id where the old one is too old", async () => {
  for (const [ageMs, isKept] of [[DAY_MS / 2, true], [2 * DAY_MS, false]] as const) {
    const imageId = newImageId(Date.now() - ageMs);
    const session = { url: "http://store.test/old", headers: {}, chunkMultiple: MULTIPLE };
    const store = new MemoryResumeStore();
    store.get = () => Promise.resolve({ imageId, session, keepUntilMs: Date.now() + DAY_MS });
    const gone = new Response(null, { status: 410 });
    const { client, sent } = clientOf([gone, ...whole()], { store });
    const uploaded = await client.upload(FILE);
    assert.equal(uploaded.imageId === imageId, isKept);
    assert.equal(sent[1]?.method, "POST");
  }
});

test("upload() lets the edge make the id where this device's clock is wrong", async () => {
  const errors = [{ path: "imageId", message: "must not have a time more than 5 seconds ahead" }];
  const refusal = () => problem(400, "invalid_request", {}, errors);
  const { client, sent } = clientOf([connectionLost, refusal(), ...whole()]);
  assert.equal((await client.upload(FILE)).imageId, EDGE_MADE.at(-1));
  assert.equal(declared(sent[2] ?? fail()).imageId, undefined);
  const own = clientOf([refusal()]);
  await assert.rejects(own.client.upload(FILE, { imageId: "x" }), isProblem("invalid_request"));
});

test("upload() takes a source of its own, reads it in parts and reports when it cannot be read", async () => {
  const bytes = new Uint8Array(await FILE.arrayBuffer());
  const read = (start: number, end: number) => Promise.resolve(bytes.slice(start, end));
  const { client, sent } = clientOf(whole());
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
  const unknown = () => problem(401, "unauthenticated");
  const good = clientOf([unknown(), json(IMAGE)], { token });
  assert.deepEqual(await good.client.images.get("x"), IMAGE);
  assert.deepEqual(refused, [undefined, "old"]);
  assert.equal(good.sent[1]?.headers.get("authorization"), "Bearer new");
  const bad = clientOf([unknown(), unknown()], { token });
  await assert.rejects(bad.client.images.get("x"), isProblem("unauthenticated"));
});

function fail(): never {
  throw new Error("Nothing was sent");
}
