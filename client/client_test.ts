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
  fileOf,
  IMAGE,
  incomplete,
  isProblem,
  json,
  MULTIPLE,
  problem,
  type Sent,
  started,
  whole,
} from "./_testing.ts";
import { timeOfImageId } from "./image_id.ts";
import { digestsOf } from "./digests.ts";
import type { Image } from "./images.ts";
import { partsOf } from "./upload_source.ts";

test("upload() declares the file, sends it and answers its id", async () => {
  const { client, sent } = clientOf(whole());
  const metadata = { preset: "shop", ref: "order-4711" };
  const { imageId } = await client.upload(FILE, { metadata });
  const [start, ...chunks] = sent;
  assert.equal(imageId, EDGE_MADE.at(-1));
  assert.deepEqual(calls(sent).slice(0, 2), ["POST edge.test/v1/uploads", "PUT store.test/1"]);
  assert.equal(start?.headers.get("authorization"), "Bearer t0ken");
  assert.ok(chunks.every(({ headers }) => !headers.has("authorization")));
  assert.deepEqual(start && declared(start), {
    contentType: "image/jpeg",
    size: FILE.size,
    ...await digestsOf(partsOf(FILE)),
    ...metadata,
  });
});

test("upload() asks for a new session of the same image when one is lost, and its progress never goes back", async () => {
  const { client, sent } = clientOf([
    ...[started(), incomplete(MULTIPLE), new Response(null, { status: 410 })],
    ...whole("http://store.test/2"),
  ]);
  const progress: number[] = [];
  const { imageId } = await client.upload(FILE, {
    onProgress: ({ heldBytes }) => heldBytes > (progress.at(-1) ?? 0) && progress.push(heldBytes),
  });
  const starts = sent.filter(({ method }) => method === "POST").map(declared);
  assert.deepEqual(starts.map((start) => start.imageId), [undefined, imageId]);
  assert.equal(sent[4]?.range, `bytes 0-${MULTIPLE - 1}/${FILE.size}`);
  assert.deepEqual(progress, [MULTIPLE, FILE.size]);
});

test("upload() gives up after three lost sessions", async () => {
  const lost = () => [started(), new Response(null, { status: 404 })];
  const { client, sent } = clientOf([...lost(), ...lost(), ...lost()]);
  await assert.rejects(client.upload(FILE), isProblem("session_lost"));
  assert.equal(sent.length, 6);
});

test("upload() sends nothing where the image is there already", async () => {
  const { client, sent } = clientOf([json(IMAGE)]);
  assert.deepEqual(await client.upload(FILE, { imageId: "x" }), { imageId: "x" });
  assert.equal(sent.length, 1);
});

test("upload() lets the image's own record decide when its name is taken", async () => {
  const uploadOver = (record: Response) => {
    const { client, sent } = clientOf([started(), new Response(null, { status: 412 }), record]);
    return { uploaded: client.upload(FILE, { imageId: "x" }), sent };
  };
  const mine = uploadOver(json(IMAGE));
  assert.deepEqual(await mine.uploaded, { imageId: "x" });
  assert.equal(calls(mine.sent)[2], "GET edge.test/v1/images/x");
  await assert.rejects(uploadOver(json({ ...IMAGE, bytes: 7 })).uploaded, isProblem("conflict"));
  await assert.rejects(uploadOver(problem(404, "not_found")).uploaded, isProblem("not_found"));
});

for (
  const [status, code] of [
    ...[[401, "unauthenticated"], [413, "too_large"], [429, "quota_exceeded"]] as const,
  ]
) {
  test(`upload() passes on the edge's ${code} and does not try again`, async () => {
    const { client, sent } = clientOf([problem(status, code, { "Retry-After": "60" })]);
    const refusal = { code, problem: { retryAfterMs: 60_000 } };
    await assert.rejects(client.upload(FILE), ({ problem: { retryAfterMs }, code }) => {
      assert.deepEqual({ code, problem: { retryAfterMs } }, refusal);
      return true;
    });
    assert.equal(sent.length, 1);
  });
}

test("upload() starts again, then with an id of its own, and a fresh token after lost connections, 5xx and half answers", async () => {
  let tokens = 0;
  const broken = new ReadableStream({ start: (body) => body.error(new TypeError("terminated")) });
  const { client, sent } = clientOf(
    [connectionLost, problem(503, "unavailable"), new Response(broken), json(IMAGE)],
    { token: () => `t${++tokens}` },
  );
  await client.upload(FILE);
  const [first, ...others] = sent.map((each) => declared(each).imageId);
  assert.equal(first, undefined, "the edge makes the id of a first try");
  assert.deepEqual(others, Array(3).fill(others[0]));
  assert.ok(Math.abs(timeOfImageId(others[0]) - Date.now()) < 60_000);
  assert.equal(sent[3]?.headers.get("authorization"), "Bearer t4");
});

test("ids of a device whose clock is wrong have the time of a response, a few seconds aside", async () => {
  // Responses take a while, and `Date` is in whole seconds.
  for (const aheadMs of [2_900, -1_900, 9e10, -9e10]) {
    const startedMs = Date.now();
    const busy = problem(503, "unavailable", { Date: new Date(startedMs + aheadMs).toUTCString() });
    const { client, sent } = clientOf([busy, json(IMAGE)]);
    await client.upload(FILE);
    const [, imageId] = sent.map((each) => declared(each).imageId);
    const shiftMs = Math.abs(aheadMs) < 3_000 ? 0 : Math.floor(aheadMs / 1_000) * 1_000 - 1_000;
    const timeMs = timeOfImageId(imageId) - shiftMs;
    assert.ok(
      timeMs >= startedMs && timeMs <= Date.now() + (shiftMs === 0 ? 0 : 1_000),
      `${aheadMs}`,
    );
  }
});

test("a token source that fails once is asked again, one that goes on failing is believed", async () => {
  let asked = 0;
  const failing = (times: number) => () => {
    if (++asked <= times) throw new TypeError("the issuer is away");
    return "t0ken";
  };
  const good = clientOf([json(IMAGE)], { token: failing(1) });
  assert.deepEqual(await good.client.images.get("x"), IMAGE);
  asked = 0;
  await assert.rejects(clientOf([], { token: failing(9) }).client.images.get("x"), TypeError);
  assert.equal(asked, 3);
});

test("upload() declares a large file before it is read, and compares it with the stored one in the end", async () => {
  const file = fileOf(9 * 1024 * 1024);
  const { crc32c } = await digestsOf(partsOf(file));
  let readBytes = 0;
  const { read } = partsOf(file);
  const reading = { size: file.size, type: "image/jpeg" };
  const countingRead = (from: number, to: number) => (readBytes += to - from, read(from, to));
  for (const [stored, code] of [[crc32c, undefined], ["AAAAAA==", "digest_mismatch"]] as const) {
    readBytes = 0;
    let readBefore = 0;
    const start = (each: Sent) => (readBefore = readBytes, started()(each));
    const answers = [start, json({ size: String(file.size), crc32c: stored })];
    const { client, sent } = clientOf(answers, { chunkBytes: 16 * 1024 * 1024 });
    const uploading = client.upload({ ...reading, read: countingRead });
    if (code === undefined) await uploading;
    else await assert.rejects(uploading, isProblem(code));
    assert.deepEqual(declared(sent[0] ?? assert.fail()), {
      contentType: "image/jpeg",
      size: file.size,
    });
    assert.ok(readBefore < 1024 * 1024 && readBytes > file.size, `${readBefore} of ${readBytes}`);
  }
});

test("a queue declares together what comes together, with an own result for each", async () => {
  const results = [
    { status: 413, problem: { code: "too_large", detail: "too large" } },
    { status: 200, imageId: "there", state: IMAGE },
    { ...await started()({ body: new TextEncoder().encode("{}") } as Sent).json(), status: 201 },
  ];
  const limits = { contentTypes: ["image/jpeg"], maxBytes: 9e9 };
  const { client, sent } = clientOf([
    json(limits),
    problem(503, "unavailable", { "Retry-After": "0" }),
    ...[json({ results }), incomplete(MULTIPLE), new Response(null)],
  ]);
  const queue = client.queue({ until: "stored" });
  const named = (name: string) => new File([FILE], name, { type: "image/jpeg" });
  await queue.add(["a", "b", "c"].map(named), { ref: "album" });
  await queue.idle();
  const states = queue.items.map(({ state, problem }) => problem?.code ?? state);
  // They are declared as their digests come.
  assert.deepEqual(states.toSorted(), ["stored", "stored", "too_large"]);
  const lines = calls(sent).slice(0, 3);
  const batch = "POST edge.test/v1/uploads/batch";
  assert.deepEqual(lines, ["GET edge.test/v1/limits", batch, batch]);
  const [first, again] = sent.slice(1, 3).map((each) => declared(each).uploads);
  const has = (uploads: readonly { imageId?: string }[]) =>
    uploads.map(({ imageId }) => imageId !== undefined);
  assert.deepEqual([has(first), has(again)], [Array(3).fill(false), Array(3).fill(true)]);
  assert.equal(again[2].ref, "album");
});

test("a queue declares what comes alone, takes no other response for its own, and throws what the call throws", async () => {
  const limits = () => json({ contentTypes: ["image/jpeg"], maxBytes: 9e9 });
  const there = { status: 200, imageId: "there", state: IMAGE };
  const { client } = clientOf([
    ...[limits(), json({ results: [there] }), json({ results: [] })],
    problem(401, "unauthenticated"),
  ]);
  const queue = client.queue({ until: "stored" });
  for (const code of [undefined, "protocol", "unauthenticated"]) {
    await queue.add([new File([FILE], "a.jpg", { type: "image/jpeg" })]);
    await queue.idle();
    assert.equal(queue.items.at(-1)?.problem?.code, code);
  }
});

test("upload() takes an answer that is not the edge's as a problem of the protocol", async () => {
  const { client } = clientOf([new Response("<h1>Please sign in to the Wi-Fi</h1>")]);
  await assert.rejects(client.upload(FILE), isProblem("protocol"));
});

for (
  const [what, ending] of [
    ["ends its session when it is aborted, and throws the reason", cancelled],
    ["throws the reason of its abort where ending the session fails too", connectionLost],
  ] as const
) {
  test(`upload() ${what}`, async () => {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const abortWhileSending = () => {
      controller.abort(reason);
      return connectionLost();
    };
    const answers = [started(), incomplete(MULTIPLE), abortWhileSending, ending];
    const { client, sent } = clientOf(answers);
    await assert.rejects(client.upload(FILE, { signal: controller.signal }), reason);
    assert.equal(calls(sent).at(-1), "DELETE store.test/1");
  });
}

test("waitUntilReady() asks again while the image is processing", async () => {
  const processing = { ...IMAGE, status: "processing" };
  const { client, sent } = clientOf([json(processing), json({ ...IMAGE, status: "rejected" })]);
  const image = await client.waitUntilReady("x", { timeoutMs: 60_000 });
  assert.equal(image.status, "rejected");
  assert.equal(calls(sent)[0], "GET edge.test/v1/images/x?wait=20");
});

test("waitUntilReady() waits for many by one call at a time, and names each as it is done", async () => {
  const image = (imageId: string, status = "ready") => ({ ...IMAGE, imageId, status });
  const answer = (...images: object[]) => json({ images });
  const later = { imageId: "c", status: 503, problem: { status: 503, code: "unavailable" } };
  const { client, sent } = clientOf([
    answer(image("a", "processing"), image("b"), later),
    answer(image("a"), image("c", "failed")),
  ]);
  const named: string[] = [];
  const onImage = ({ imageId }: Image) => void named.push(imageId);
  const images = await client.waitUntilReady(["a", "b", "c"], { onImage });
  assert.deepEqual(images.map(({ imageId, status }) => [imageId, status]), [
    ...[["a", "ready"], ["b", "ready"], ["c", "failed"]],
  ]);
  assert.deepEqual(named, ["b", "a", "c"]);
  assert.deepEqual(calls(sent), [
    "GET edge.test/v1/images?ids=a%2Cb%2Cc&wait=20",
    "GET edge.test/v1/images?ids=a%2Cc&wait=20",
  ]);
  assert.deepEqual(await client.waitUntilReady([]), []);
  const gone = { imageId: "a", status: 404, problem: { status: 404, code: "not_found" } };
  const erased = clientOf([answer(gone)]);
  await assert.rejects(erased.client.waitUntilReady(["a"]), isProblem("not_found"));
});

test("waitUntilReady() gives up in time", async () => {
  const processing = () => json({ ...IMAGE, status: "processing" });
  const { client, sent } = clientOf(Array(4).fill(processing));
  await assert.rejects(client.waitUntilReady("x", { timeoutMs: 300 }), isProblem("timeout"));
  assert.ok(sent.length > 1 && calls(sent).every((call) => call.endsWith("/x?wait=1")));
  const longer = clientOf([json(IMAGE)]);
  await longer.client.waitUntilReady("x", { timeoutMs: 4_999 });
  assert.ok(calls(longer.sent)[0]?.endsWith("?wait=5"));
});
