import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calls,
  cancelled,
  clientOf,
  connectionLost,
  declared,
  FILE,
  IMAGE,
  incomplete,
  isProblem,
  json,
  MULTIPLE,
  problem,
  started,
  whole,
} from "./_testing.ts";
import { digestsOf } from "./digests.ts";
import type { Image } from "./images.ts";
import { UploadError } from "./problem.ts";
import { partsOf } from "./upload_source.ts";

test("upload() declares the file, sends it and answers its id", async () => {
  const { client, sent } = clientOf(whole());
  const { imageId } = await client.upload(FILE, { metadata: { preset: "shop" } });
  const [start, ...chunks] = sent;
  assert.deepEqual(calls(sent).slice(0, 2), ["POST edge.test/v1/uploads", "PUT store.test/1"]);
  assert.equal(start?.headers.get("authorization"), "Bearer t0ken");
  assert.ok(chunks.every(({ headers }) => !headers.has("authorization")));
  assert.deepEqual(start && declared(start), {
    contentType: "image/jpeg",
    size: FILE.size,
    ...await digestsOf(partsOf(FILE)),
    imageId,
    preset: "shop",
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
  assert.deepEqual(starts.map((start) => start.imageId), [imageId, imageId]);
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

for (const [status, code] of [[401, "unauthenticated"], [413, "too_large"]] as const) {
  test(`upload() passes on the edge's ${code} and does not try again`, async () => {
    const { client, sent } = clientOf([problem(status, code)]);
    await assert.rejects(client.upload(FILE), isProblem(code));
    assert.equal(sent.length, 1);
  });
}

test("upload() does not try again when the day's quota is full", async () => {
  const { client, sent } = clientOf([problem(429, "quota_exceeded", { "Retry-After": "60" })]);
  await assert.rejects(
    client.upload(FILE),
    (error) => error instanceof UploadError && error.problem.retryAfterMs === 60_000,
  );
  assert.equal(sent.length, 1);
});

test("upload() waits as long as the edge's rate limit asks", async () => {
  const limited = problem(429, "rate_limited", { "Retry-After": "1" });
  const { client } = clientOf([limited, json(IMAGE)]);
  const startedAt = performance.now();
  await client.upload(FILE);
  assert.ok(performance.now() - startedAt >= 990);
});

test("upload() starts again with the same id and a fresh token after lost connections, 5xx and half answers", async () => {
  let tokens = 0;
  const broken = new ReadableStream({ start: (body) => body.error(new TypeError("terminated")) });
  const { client, sent } = clientOf(
    [connectionLost, problem(503, "unavailable"), new Response(broken), json(IMAGE)],
    { token: () => `t${++tokens}` },
  );
  await client.upload(FILE);
  const [first, ...others] = sent.map((each) => declared(each).imageId);
  assert.deepEqual(others, Array(3).fill(first));
  assert.equal(sent[3]?.headers.get("authorization"), "Bearer t4");
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
  const { client } = clientOf(Array(4).fill(processing));
  await assert.rejects(client.waitUntilReady("x", { timeoutMs: 300 }), isProblem("timeout"));
});
