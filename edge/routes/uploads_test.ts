import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "@tintype/core/errors";
import { dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { MemoryQuota } from "@tintype/core/testing/memory_quota";
import { readAs, readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge, ownerOf, PNG, putImage } from "../_testing.ts";
import { imageState, limits, madeGrant, startedUpload, uploadResults } from "../schemas.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const upload = { contentType: "image/png", size: 1_000 };

test("POST /v1/uploads starts a session with everything that the contract names", async () => {
  const edge = await makeTestEdge({ tenants: { _default: { corsOrigins: ["https://app.test"] } } });
  const digests = { sha256: "a".repeat(64), crc32c: "AAAAAA==" };
  const traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
  const answer = await call(edge, "POST /v1/uploads", {
    json: { ...upload, ...digests, ref: "order-4711_a.b" },
    headers: { traceparent, Origin: "https://app.test" },
  });
  const body = await readAs(startedUpload, answer, 201);
  const [session] = edge.sessions;
  assert.ok(session !== undefined);
  assert.deepEqual(body, {
    imageId: body.imageId,
    upload: {
      protocol: "gcs-resumable",
      method: "PUT",
      url: `https://storage.test/${session.name}?upload_id=SECRET-SESSION`,
      headers: {},
      chunkMultiple: 262_144,
      expiresAt: new Date(edge.clock.ms + 7 * DAY_MS - 2 * HOUR_MS).toISOString(),
    },
    image: `/v1/images/${body.imageId}`,
    purgeAt: new Date(edge.clock.ms + 7 * DAY_MS).toISOString(),
  });
  const day = new Date(edge.clock.ms).toISOString().slice(0, 10);
  const owner = await ownerOf();
  assert.equal(session.name, `${owner.charAt(0)}/${day}/acme/${owner}/${body.imageId}`);
  const { metadata } = session.options as { metadata: Record<string, string> }; // what startUpload passes
  const { traceparent: sent = "", ...said } = metadata;
  assert.deepEqual(said, { source: "edge", size: "1000", ref: "order-4711_a.b", ...digests });
  assert.match(sent, /^00-0123456789abcdef0123456789abcdef-/);
  assert.equal(session.options["origin"], "https://app.test");
  await call(edge, "POST /v1/uploads", { json: upload, headers: { Origin: "https://evil.test" } });
  assert.equal(edge.sessions[1]?.options["origin"], undefined);
  assert.deepEqual([edge.quota.held()[0], edge.quota.bytes()], [body.imageId, 2_000]);
});

test("POST /v1/uploads answers what is wrong with a declaration", async () => {
  const edge = await makeTestEdge({ tenants: { _default: { maxBytes: 5_000 } } });
  const cases: [unknown, expected: string, path?: string][] = [
    [{ ...upload, size: 0 }, "400 invalid_request", "size must be at least 1"],
    [{ ...upload, size: 1.5 }, "400 invalid_request", "size must be an integer"],
    [{ ...upload, size: "1000" }, "400 invalid_request", "size"],
    [{ ...upload, size: 5_001 }, "413 too_large"],
    [{ ...upload, contentType: "text/plain" }, "415 unsupported_type"],
    [{ ...upload, tenant: "other" }, "400 invalid_request", "tenant"],
    [{ ...upload, sha256: "xyz" }, "400 invalid_request", "sha256"],
    // The bytes of AAAAAA==, to which it would be compared as a text: a CRC32C has one spelling.
    [{ ...upload, crc32c: "AAAAAB==" }, "400 invalid_request", "crc32c"],
    [{ ...upload, imageId: "not-an-id" }, "400 invalid_request", "imageId"],
    [{ ...upload, preset: "unknown" }, "400 invalid_request", "preset"],
    ...["", "a b", "a/b", "é", "x".repeat(65)].map((ref): [unknown, string, string] => [
      ...[{ ...upload, ref }, "400 invalid_request", "ref"] as const,
    ]),
    [{ size: 1_000 }, "400 invalid_request", "contentType"],
    [[], "400 invalid_request"],
    [null, "400 invalid_request"],
  ];
  for (const [json, expected, field] of cases) {
    const answer = await call(edge, "POST /v1/uploads", { json });
    const { code, errors = [] } = await readProblem(answer, answer.status);
    assert.equal(`${answer.status} ${code}`, expected, JSON.stringify(json));
    const [path, ...words] = field?.split(" ") ?? [];
    if (path !== undefined) assert.equal(errors[0]?.path, path);
    if (words.length > 0) assert.deepEqual(errors, [{ path, message: words.join(" ") }]);
  }
  assert.equal(edge.sessions.length, 0);
});

test("POST /v1/uploads refuses bodies that are not small JSON", async () => {
  const edge = await makeTestEdge();
  const send = (body: string, type = "application/json") =>
    call(edge, "POST /v1/uploads", { body, headers: { "Content-Type": type } });
  assert.equal((await readProblem(await send("{"), 400)).code, "invalid_json");
  assert.equal((await readProblem(await send(""), 400)).code, "invalid_json");
  const deep = await readProblem(await send("[".repeat(9) + "]".repeat(9)), 400);
  assert.equal(deep.detail, "Cannot read body: it must nest at most 8 levels");
  const deepest = await send("[".repeat(8_000) + "]".repeat(8_000));
  assert.equal((await readProblem(deepest, 400)).code, "invalid_request");
  const twice = await readProblem(await send('{"contentType":"image/png","size":1,"size":2}'), 400);
  assert.equal(twice.detail, "Cannot read body as an object names a field twice");
  assert.equal((await readProblem(await send("{}", "text/plain"), 415)).code, "unsupported_type");
  assert.equal((await readProblem(await send(" ".repeat(16_385)), 413)).code, "too_large");
});

test("POST /v1/uploads answers the image that is there under a client's own id, and 409 when it is erased", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms);
  const json = { ...upload, size: PNG.length, imageId };
  const again = () => call(edge, "POST /v1/uploads", { json });
  assert.equal((await again()).status, 201);
  assert.equal((await again()).status, 201, "a session that nobody finished is no image");
  await putImage(edge, { imageId });
  assert.equal((await readAs(imageState, await again())).status, "ready");
  edge.clock.ms += 3 * DAY_MS;
  const iat = Math.floor(edge.clock.ms / 1_000);
  const claims = { iat, exp: iat + 600 };
  const late = await call(edge, "POST /v1/uploads", { json, claims });
  assert.equal(late.status, 200, "at any age");
  edge.clock.ms -= 3 * DAY_MS;
  await call(edge, `DELETE /v1/images/${imageId}`);
  assert.equal((await readProblem(await again(), 409)).code, "erased");
  assert.equal(edge.quota.held().length, 1, "a retry counts once");
});

/** Every day has its salt but the one before today. */
async function edgeWithoutYesterday() {
  const edge = await makeTestEdge({
    saltAt(timeMs) {
      const isThere = timeMs >= startOfDay(dayOf(edge.clock.ms));
      if (!isThere) throw new AppError("unavailable", "Cannot find the day");
      return Promise.resolve({ day: dayOf(timeMs), salt: "5".repeat(64), pseudonymKey: 2 });
    },
  });
  edge.clock.ms = startOfDay(dayOf(edge.clock.ms)) + 12 * HOUR_MS;
  const claims = { iat: edge.clock.ms / 1_000, exp: edge.clock.ms / 1_000 + 600 };
  return { edge, claims };
}

test("an id of a day without a salt is 503, one outside its period 400 or 404 as ever", async () => {
  const { edge, claims } = await edgeWithoutYesterday();
  const yesterday = idAt(edge.clock.ms - 13 * HOUR_MS);
  const over = idAt(edge.clock.ms - 8 * DAY_MS);
  const ahead = idAt(edge.clock.ms + 6_000);
  const expected = [[yesterday, 503, 503], [over, 400, 404], [ahead, 400, 404]] as const;
  for (const [imageId, uploadStatus, otherStatus] of expected) {
    const json = { ...upload, imageId };
    const asked = await Promise.all([
      call(edge, "POST /v1/uploads", { json, claims }),
      ...["GET /v1/images/", "DELETE /v1/images/", "GET /v1/erasures/"]
        .map((line) => call(edge, line + imageId, { claims })),
    ]);
    const statuses = asked.map(({ status }) => status);
    assert.deepEqual(statuses, [uploadStatus, otherStatus, otherStatus, otherStatus]);
  }
  const down = await call(edge, `GET /v1/images/${yesterday}`, { claims });
  assert.equal(down.headers.get("retry-after"), "1");
  assert.equal((await readProblem(down, 503)).code, "unavailable");
  assert.equal((await call(edge, "POST /v1/uploads", { json: upload, claims })).status, 201);
});

test("POST /v1/uploads says when the day's quota is used up", async () => {
  const full = new AppError("quota_exceeded", "full", { retryAfterMs: 7_200_000 });
  const quota = Object.assign(new MemoryQuota(), { reserve: () => Promise.reject(full) });
  const edge = await makeTestEdge({ services: { quota } });
  const answer = await call(edge, "POST /v1/uploads", { json: upload });
  assert.equal(answer.headers.get("retry-after"), "7200");
  assert.equal((await readProblem(answer, 429)).code, "quota_exceeded");
});

test("POST /v1/uploads/batch has a result for each upload, in order, and counts each image but itself once", async () => {
  const edge = await makeTestEdge({ ownerLimit: 1, tenants: { _default: { imagesPerDay: 3 } } });
  const [there, own] = [idAt(edge.clock.ms, "00000000aaaa"), idAt(edge.clock.ms, "00000000bbbb")];
  await putImage(edge, { imageId: there });
  const uploads = [
    upload,
    { ...upload, contentType: "text/plain" },
    { ...upload, size: PNG.length, imageId: there },
    ...[{ ...upload, imageId: own }, { ...upload, imageId: own }, upload, upload],
  ];
  const answer = await call(edge, "POST /v1/uploads/batch", { json: { uploads } });
  const { results } = await readAs(uploadResults, answer);
  assert.deepEqual(results.map(({ status }) => status), [201, 415, 200, 201, 201, 201, 429]);
  assert.equal(answer.headers.get("retry-after"), "1");
  const ids = results.map((result) => "imageId" in result ? result.imageId : undefined);
  assert.deepEqual([ids[2], ids[3], ids[4]], [there, own, own]);
  assert.equal(edge.quota.held().length, 3);
  const again = await call(edge, "POST /v1/uploads/batch", { json: { uploads: [upload] } });
  assert.equal((await readProblem(again, 429)).code, "rate_limited", "the call itself counts");
});

test("POST /v1/uploads/batch takes fifty uploads with all that they may say, and refuses what is of no form", async () => {
  const preset = "p".repeat(32);
  const table = [{
    name: "small",
    width: 100,
    height: 100,
    fit: "inside",
    format: "jpeg",
    quality: 80,
  }];
  const edge = await makeTestEdge({ tenants: { _default: { presets: { [preset]: table } } } });
  const send = (uploads: readonly unknown[]) =>
    call(edge, "POST /v1/uploads/batch", { json: { uploads } });
  const long = { sha256: "a".repeat(64), crc32c: "AAAAAA==", preset, ref: "r".repeat(64) };
  const whole = (at: number) => ({ ...upload, ...long, imageId: idAt(edge.clock.ms - at) });
  const fifty = await send(Array.from({ length: 50 }, (_, at) => whole(at)));
  const { results } = await readAs(uploadResults, fifty);
  assert.deepEqual(new Set(results.map(({ status }) => status)), new Set([201]));
  for (
    const [uploads, path] of [
      [[], "uploads"],
      [Array.from({ length: 51 }, () => upload), "uploads"],
      [[upload, { ...upload, size: 0 }], "uploads.1.size"],
    ] as const
  ) assert.equal((await readProblem(await send(uploads), 400)).errors?.[0]?.path, path);
  assert.equal(edge.sessions.length, 50);
});

test("A closed edge takes no new image, shows those that are there, and names the time to come again", async () => {
  const edge = await makeTestEdge({ tenants: { _default: { closed: ["edge"] } } });
  const { imageId } = await putImage(edge);
  const there = await call(edge, "POST /v1/uploads", {
    json: { contentType: "image/png", size: PNG.length, imageId },
  });
  assert.equal(there.status, 200);
  const headers = { "Content-Type": "image/png", "Content-Length": String(PNG.length) };
  const png = { headers, body: PNG };
  for (const [path, sent] of [["uploads", { json: upload }], ["images", png]] as const) {
    const refused = await call(edge, `POST /v1/${path}`, sent);
    assert.equal(refused.headers.get("retry-after"), "60");
    const { code, detail } = await readProblem(refused, 503);
    assert.deepEqual([code, detail.includes("closed this source")], ["unavailable", true]);
  }
  assert.equal(edge.sessions.length, 0);
  const other = await makeTestEdge({ tenants: { _default: { closed: ["kafka"] } } });
  assert.equal((await call(other, "POST /v1/uploads", { json: upload })).status, 201);
});

test("GET /v1/limits says what may be sent, what is left, and to a guest no more than the grant", async () => {
  const plan = { allowedTypes: ["image/png", "image/gif"], imagesPerDay: 5, maxBytes: 9_000 };
  const edge = await makeTestEdge({ ownerLimit: 600, tenants: { _default: plan } });
  await call(edge, "POST /v1/uploads", { json: upload });
  const own = await readAs(limits, await call(edge, "GET /v1/limits"));
  assert.deepEqual(own, {
    contentTypes: ["image/png", "image/gif"],
    maxBytes: 9_000,
    presets: [],
    requestsPerMinute: 600,
    images: { perDay: 5, left: 4 },
    bytes: { perDay: 50_000_000_000, left: 49_999_999_000 },
    resetsAt: new Date(edge.clock.ms + 1_000).toISOString(),
  });
  const wish = { subject: "g", ttlSeconds: 60, contentTypes: ["image/gif"], maxBytes: 10 };
  for (const [count, left] of [[2, 2], [9, 4]]) {
    const made = await call(edge, "POST /v1/grants", { json: { ...wish, count } });
    const { token } = await readAs(madeGrant, made, 201);
    const headers = { Authorization: `Bearer ${token}` };
    const guests = await call(edge, "GET /v1/limits", { claims: null, headers });
    const { contentTypes, maxBytes, images, bytes } = await readAs(limits, guests);
    assert.deepEqual([contentTypes, maxBytes, bytes], [["image/gif"], 10, undefined]);
    assert.deepEqual(images, { perDay: count, left });
  }
});
