import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { rawName, receiptName } from "@tintype/core/model/object_name";
import { readAs, readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge, PNG, putImage, readyRendition } from "../_testing.ts";
import {
  acceptedErasure,
  erasureState,
  imagePage,
  imageState,
  imageStates,
  original,
} from "../schemas.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS = 300_000;

test("GET /v1/images/{id} shows processing, ready, rejected and failed", async () => {
  const edge = await makeTestEdge();
  const statuses = ["processing", "ready", "rejected", "failed"] as const;
  const [first, ...others] = await Promise.all(statuses.map(async (status, at) => {
    const { imageId } = await putImage(edge, { imageId: idAt(edge.clock.ms - at), status });
    const answer = await call(edge, `GET /v1/images/${imageId}`);
    return { imageId, headers: answer.headers, body: await readAs(imageState, answer) };
  }));
  const processing = first ?? assert.fail();
  const [ready, rejected, failed] = others.map(({ body }) => body);
  assert.equal(processing.headers.get("retry-after"), "1");
  const unchanged = await call(edge, `GET /v1/images/${processing.imageId}`, {
    headers: { "If-None-Match": processing.headers.get("etag") ?? "" },
  });
  assert.deepEqual([unchanged.status, unchanged.headers.get("retry-after")], [304, "1"]);
  const { source, metadata, renditions, status, bytes } = processing.body;
  assert.deepEqual([status, bytes, source], ["processing", PNG.length, null]);
  assert.deepEqual([metadata, renditions], [{}, []]);
  assert.equal(ready?.source, "kafka");
  const [rendition] = ready.renditions;
  assert.ok(rendition !== undefined);
  const { url, ...thumb } = rendition;
  const { object: _object, generation: _generation, ...expected } = readyRendition;
  assert.deepEqual(thumb, expected);
  const signed = edge.clock.ms - edge.clock.ms % WINDOW_MS;
  const ends = signed + 20 * 60_000;
  assert.ok(url.endsWith(`generation=1700000000000002&signed=${signed}&ends=${ends}`));
  assert.deepEqual([rejected?.status, rejected?.reason], ["rejected", "corrupt"]);
  assert.equal(failed?.status, "failed");
});

test("GET /v1/images/{id} signs addresses no longer than the image is kept, and knows nothing after", async () => {
  const edge = await makeTestEdge();
  const { imageId } = await putImage(edge, { imageId: idAt(edge.clock.ms - 7 * DAY_MS + 60_000) });
  const ready = await readAs(imageState, await call(edge, `GET /v1/images/${imageId}`));
  assert.ok(ready.renditions[0]?.url.endsWith(`ends=${edge.clock.ms + 60_000}`));
  edge.clock.ms += 60_000;
  const answer = await call(edge, `GET /v1/images/${imageId}`);
  assert.equal((await readProblem(answer, 404)).code, "not_found");
});

test("GET /v1/images/{id} has the same URLs for five minutes, each good for another fifteen", async () => {
  const edge = await makeTestEdge();
  edge.clock.ms = Math.ceil(edge.clock.ms / WINDOW_MS) * WINDOW_MS;
  const { imageId } = await putImage(edge);
  const urlAfter = async (ms: number) => {
    edge.clock.ms += ms;
    const state = await readAs(imageState, await call(edge, `GET /v1/images/${imageId}`));
    return new URL(state.renditions[0]?.url ?? "");
  };
  const first = await urlAfter(0);
  assert.equal((await urlAfter(WINDOW_MS - 1)).href, first.href);
  assert.equal(Number(first.searchParams.get("ends")) - edge.clock.ms, 15 * 60_000 + 1);
  assert.notEqual((await urlAfter(1)).href, first.href);
});

const [FORM_JPEG, FORM_AVIF] = ["image/jpeg", "image/avif"].map((contentType) => ({
  ...readyRendition,
  contentType,
  object: `object of ${contentType}`,
}));

test("an image's renditions of two forms are read in the one that Accept names", async () => {
  const edge = await makeTestEdge();
  const renditions = [FORM_JPEG, FORM_AVIF, { ...readyRendition, name: "one", object: "one" }]
    .filter((form) => form !== undefined);
  const { imageId } = await putImage(edge, { manifest: { renditions } });
  const read = async (Accept: string | undefined) => {
    const headers: Record<string, string> = Accept === undefined ? {} : { Accept };
    const one = await call(edge, `GET /v1/images/${imageId}`, { headers });
    const page = await call(edge, "GET /v1/images?include=renditions", { headers });
    const many = await call(edge, `GET /v1/images?ids=${imageId}`, { headers });
    for (const { headers } of [one, page, many]) assert.match(headers.get("vary") ?? "", /Accept/);
    const tag = one.headers.get("etag");
    const state = await readAs(imageState, one);
    const [listed] = (await readAs(imagePage, page)).images;
    const [asked] = (await readAs(imageStates, many)).images;
    assert.deepEqual(listed?.renditions, state.renditions);
    assert.deepEqual(asked, state);
    assert.deepEqual(state.renditions.map(({ name }) => name), ["thumb", "one"]);
    const form = state.renditions[0] ?? assert.fail();
    assert.ok(form.url.includes(`object of ${form.contentType}`), form.url);
    return { contentType: form.contentType, tag };
  };
  const plain = await read(undefined);
  for (
    const [accept, expected] of [
      ["*/*", "image/jpeg"],
      ["application/json", "image/jpeg"],
      ["image/*", "image/jpeg"],
      ["image/avif;q=0, */*", "image/jpeg"],
      ["image/avif;q=0.5, image/jpeg", "image/jpeg"],
      ["image/webp, application/json", "image/jpeg"],
      ["application/json, image/avif", "image/avif"],
      ["IMAGE/AVIF, */*;q=0.8", "image/avif"],
      ["image/avif,image/webp,image/apng,image/*,*/*;q=0.8", "image/avif"],
    ] as const
  ) {
    const { contentType, tag } = await read(accept);
    assert.equal(contentType, expected, accept);
    assert.equal(tag === plain.tag, expected === "image/jpeg", accept);
  }
});

test("GET /v1/images/{id}/original signs a read of the processed raw object, until its purge", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms - 7 * DAY_MS + 60_000);
  const ref = await putImage(edge, { imageId, status: "rejected", manifest: { bytes: 1 } });
  const asked = await call(edge, `GET /v1/images/${imageId}/original`);
  const { url, contentType, bytes } = await readAs(original, asked);
  const generation = (await edge.raw.stat(rawName(ref)))?.generation;
  const signed = edge.clock.ms - edge.clock.ms % WINDOW_MS;
  const life = `signed=${signed}&ends=${edge.clock.ms + 60_000}`;
  assert.equal(url, `https://originals.test/${rawName(ref)}?generation=${generation}&${life}`);
  assert.deepEqual([contentType, bytes], ["image/jpeg", PNG.length]);
});

test("GET /v1/images/{id}/original is 404 without a key, whosever image, and looks for nothing", async () => {
  const edge = await makeTestEdge({ services: { originalSigner: undefined } });
  const { imageId } = await putImage(edge);
  edge.calls.length = 0;
  const answer = await call(edge, `GET /v1/images/${imageId}/original`);
  assert.deepEqual([(await readProblem(answer, 404)).code, edge.calls], ["not_found", []]);
});

test("states and lists name the caller's reference once the image is processed", async () => {
  const edge = await makeTestEdge();
  const ref = "order-4711";
  await putImage(edge, { imageId: idAt(edge.clock.ms - 2), status: "processing" });
  await putImage(edge, { imageId: idAt(edge.clock.ms - 1) });
  const { imageId } = await putImage(edge, { manifest: { ref } });
  assert.equal((await readAs(imageState, await call(edge, `GET /v1/images/${imageId}`))).ref, ref);
  const { images } = await readAs(imagePage, await call(edge, "GET /v1/images"));
  assert.deepEqual(images.map((image) => image.ref), [ref, undefined, undefined]);
});

test("GET /v1/images?include=renditions shows a screen of pictures in one call", async () => {
  const edge = await makeTestEdge();
  const statuses = ["ready", "rejected", "processing"] as const;
  for (const [at, status] of statuses.entries()) {
    await putImage(edge, { imageId: idAt(edge.clock.ms - at), status });
  }
  const list = async (query: string) =>
    (await readAs(imagePage, await call(edge, `GET /v1/images${query}`))).images;
  const [ready, ...others] = await list("?include=renditions");
  const state = await readAs(imageState, await call(edge, `GET ${ready?.image}`));
  assert.deepEqual(ready?.renditions, state.renditions);
  assert.deepEqual(others.map(({ reason, renditions }) => [reason, renditions]), [
    ["corrupt", []],
    [undefined, []],
  ]);
  assert.deepEqual((await list("")).map(({ renditions }) => renditions), Array(3).fill(undefined));
  const refused = await readProblem(await call(edge, "GET /v1/images?include=all"), 400);
  assert.equal(refused.errors?.[0]?.path, "include");
});

test("GET /v1/images/{id} answers 304 until the addresses near their end", async () => {
  const edge = await makeTestEdge();
  edge.clock.ms = Math.ceil(edge.clock.ms / 300_000) * 300_000;
  const { imageId } = await putImage(edge);
  const first = await call(edge, `GET /v1/images/${imageId}`);
  const etag = first.headers.get("etag") ?? "";
  const again = () =>
    call(edge, `GET /v1/images/${imageId}`, { headers: { "If-None-Match": `"x", ${etag}` } });
  assert.match(etag, /^W\/"[0-9a-f]{24}"$/);
  assert.equal((await again()).status, 304);
  edge.clock.ms += 299_000;
  assert.equal((await again()).status, 304);
  edge.clock.ms += 2_000;
  const later = await again();
  assert.equal(later.status, 200);
  assert.notEqual(later.headers.get("etag"), etag);
});

test("GET /v1/images/{id}?wait answers as soon as the image is settled, or as without it at its end", async () => {
  const edge = await makeTestEdge({ services: { clock: Date } });
  const settled = idAt(Date.now() - 1);
  const waiting = call(edge, `GET /v1/images/${settled}?wait=20`);
  setTimeout(() => putImage(edge, { imageId: settled }), 300);
  assert.equal((await readAs(imageState, await waiting)).status, "ready");
  const imageId = idAt(Date.now());
  const startedMs = Date.now();
  const none = await call(edge, `GET /v1/images/${imageId}?wait=1`);
  assert.equal((await readProblem(none, 404)).code, "not_found");
  assert.ok(Date.now() - startedMs >= 1_000);
  await putImage(edge, { imageId, status: "processing" });
  const still = await call(edge, `GET /v1/images/${imageId}?wait=1`);
  assert.equal((await readAs(imageState, still)).status, "processing");
});

test("GET /v1/images?ids gives each image's state or its problem, in order, and waits until one is done", async () => {
  const edge = await makeTestEdge({ services: { clock: Date } });
  const nowMs = Date.now();
  const [ready, open, bobs] = [idAt(nowMs - 1), idAt(nowMs - 2), idAt(nowMs - 3)];
  const [never, erased, old] = [idAt(nowMs - 4), idAt(nowMs - 5), idAt(nowMs - 8 * DAY_MS)];
  const ids = [ready, open, bobs, never, erased, old, ready];
  for (const imageId of [open, erased]) await putImage(edge, { imageId, status: "processing" });
  await putImage(edge, { imageId: bobs, subject: "bob" });
  assert.equal((await call(edge, `DELETE /v1/images/${erased}`)).status, 202);
  const waiting = call(edge, `GET /v1/images?ids=${ids.join()}&wait=20`);
  setTimeout(() => putImage(edge, { imageId: ready }), 300);
  const answer = await waiting;
  assert.equal(answer.headers.get("retry-after"), "1");
  const { images } = await readAs(imageStates, answer);
  assert.deepEqual(images.map(({ imageId }) => imageId), ids);
  const statuses = ["ready", "processing", 404, 404, 404, 404, "ready"];
  assert.deepEqual(images.map(({ status }) => status), statuses);
  const one = await readAs(imageState, await call(edge, `GET /v1/images/${ready}`));
  assert.deepEqual(images[0], one, "the same as of a call of its own");
  const [, , other, nobodys] = images.map((image) => "problem" in image && image.problem);
  assert.deepEqual(other, nobodys);
  const refused = [
    ...["ids=", "ids=x", `ids=${ready},`, `ids=${Array(51).fill(ready).join()}`, "wait=1"],
    ...[`ids=${ready}&limit=1`, `ids=${ready}&cursor=a`, `ids=${ready}&wait=21`],
  ];
  const messages: unknown[] = [];
  for (const bad of refused) {
    const { code, errors } = await readProblem(await call(edge, `GET /v1/images?${bad}`), 400);
    assert.equal(code, "invalid_request", bad);
    messages.push(errors?.[0]);
  }
  assert.deepEqual(messages.slice(4, 6), [
    { path: "wait", message: "takes ids" },
    { path: "limit", message: "must not be given with ids" },
  ]);
});

test("GET /v1/images lists newest first, page by page, with a cursor that is nobody else's", async () => {
  const edge = await makeTestEdge();
  const ids = Array.from({ length: 5 }, (_, at) => idAt(edge.clock.ms - at * 7 * HOUR_MS));
  for (const imageId of ids) await putImage(edge, { imageId });
  await putImage(edge, { imageId: idAt(edge.clock.ms - HOUR_MS), subject: "bob" });
  const seen: string[] = [];
  let query = "?limit=2";
  for (let pages = 0; pages < 20; pages++) {
    const page = await readAs(imagePage, await call(edge, `GET /v1/images${query}`));
    assert.ok(page.images.length <= 2);
    seen.push(...page.images.map(({ imageId }) => imageId));
    if (page.cursor === undefined) break;
    query = `?limit=2&cursor=${page.cursor}`;
    const bobs = await call(edge, `GET /v1/images${query}`, { claims: { sub: "bob" } });
    assert.equal((await readProblem(bobs, 400)).errors?.[0]?.path, "cursor");
  }
  assert.deepEqual(seen, ids);
  const wrong = ["limit=0", "limit=51", "limit=x", "cursor=abc", "sort=old", "limit=1&limit=2"];
  for (const bad of wrong) {
    assert.equal((await call(edge, `GET /v1/images?${bad}`)).status, 400, bad);
  }
});

test("GET /v1/images goes on over midnight with a cursor of the day before, which ends with that day", async () => {
  const edge = await makeTestEdge();
  const midnight = startOfDay(dayOf(edge.clock.ms));
  edge.clock.ms = midnight + HOUR_MS;
  const claims = { iat: edge.clock.ms / 1_000, exp: edge.clock.ms / 1_000 + 600 };
  const ids = [30, -30, -90].map((minutes) => idAt(midnight + minutes * 60_000));
  for (const imageId of ids) await putImage(edge, { imageId });
  const read = async (query: string, later = claims) =>
    await call(edge, `GET /v1/images?limit=1${query}`, { claims: later });
  const seen: (string | undefined)[] = [];
  let cursor = "";
  for (let pages = 0; pages < 3; pages++) {
    const page = await readAs(imagePage, await read(cursor));
    seen.push(page.images[0]?.imageId);
    if (page.cursor !== undefined) cursor = `&cursor=${page.cursor}`;
  }
  assert.deepEqual(seen, ids);
  const days = (count: number) => {
    edge.clock.ms = midnight + count * DAY_MS;
    return { iat: edge.clock.ms / 1_000, exp: edge.clock.ms / 1_000 + 600 };
  };
  assert.equal((await read(cursor, days(6))).status, 200);
  assert.equal((await readProblem(await read(cursor, days(8)), 400)).errors?.[0]?.path, "cursor");
});

test("DELETE hides the image at once and the erasure can be followed", async () => {
  const edge = await makeTestEdge();
  const ref = await putImage(edge);
  const { imageId } = ref;
  const erasure = `/v1/erasures/${imageId}`;
  for (let times = 0; times < 2; times++) {
    const answer = await call(edge, `DELETE /v1/images/${imageId}`);
    const accepted = await readAs(acceptedErasure, answer, 202);
    assert.deepEqual(accepted, { imageId, status: "accepted", erasure });
  }
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 404);
  assert.deepEqual((await readAs(imagePage, await call(edge, "GET /v1/images"))).images, []);
  const readErasure = async () => await readAs(erasureState, await call(edge, `GET ${erasure}`));
  assert.equal((await readErasure()).status, "accepted");
  const write = { contentType: "application/json", customTimeMs: edge.clock.ms };
  await edge.processed.create(receiptName(ref), new Uint8Array(), write);
  edge.calls.length = 0;
  const { status, erasedAt } = await readErasure();
  assert.deepEqual([status, erasedAt], ["erased", new Date(edge.clock.ms).toISOString()]);
  assert.deepEqual(edge.calls.toSorted(), ["erasures stat", "processed stat"], "by two reads");
  const old = idAt(edge.clock.ms - 8 * DAY_MS);
  assert.equal((await call(edge, `DELETE /v1/images/${old}`)).status, 404);
});
