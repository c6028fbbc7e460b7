import assert from "node:assert/strict";
import { test } from "node:test";
import { readAs, readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge, ownerOf, putImage } from "../_testing.ts";
import { imageState, startedUpload } from "../schemas.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const upload = { contentType: "image/png", size: 1_000 };
test("POST /v1/uploads starts a session with everything that the contract names", async () => {
  const edge = await makeTestEdge();
  const answer = await call(edge, "POST /v1/uploads", {
    json: { ...upload, sha256: "a".repeat(64), crc32c: "AAAAAA==" },
    headers: { traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" },
  });
  assert.equal(answer.status, 201);
  const body = await readAs(startedUpload, answer);
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
  assert.equal(session.name, `${day}/acme/${await ownerOf()}/${body.imageId}`);
  const { metadata } = session.options as { metadata: Record<string, string> }; // what startUpload passes
  assert.equal(metadata["source"], "edge");
  assert.equal(metadata["size"], "1000");
  assert.equal(metadata["sha256"], "a".repeat(64));
  assert.match(metadata["traceparent"] ?? "", /^00-0123456789abcdef0123456789abcdef-/);
  assert.deepEqual([...edge.claims], [[body.imageId, 1_000]]);
});

test("POST /v1/uploads answers what is wrong with a declaration", async () => {
  const edge = await makeTestEdge({ plans: '{"default":{"maxBytes":5000}}' });
  const cases: [unknown, number, string, string?][] = [
    [{ ...upload, size: 0 }, 400, "invalid_request", "size"],
    [{ ...upload, size: 1.5 }, 400, "invalid_request", "size"],
    [{ ...upload, size: "1000" }, 400, "invalid_request", "size"],
    [{ ...upload, size: 5_001 }, 413, "too_large"],
    [{ ...upload, contentType: "text/plain" }, 415, "unsupported_type"],
    [{ ...upload, tenant: "other" }, 400, "invalid_request", "tenant"],
    [{ ...upload, sha256: "xyz" }, 400, "invalid_request", "sha256"],
    [{ ...upload, imageId: "not-an-id" }, 400, "invalid_request", "imageId"],
    [{ ...upload, imageId: idAt(edge.clock.ms - 2 * DAY_MS) }, 400, "invalid_request", "imageId"],
    [{ ...upload, imageId: idAt(edge.clock.ms + HOUR_MS) }, 400, "invalid_request", "imageId"],
    [{ ...upload, preset: "unknown" }, 400, "invalid_request", "preset"],
    [{ size: 1_000 }, 400, "invalid_request", "contentType"],
    [[], 400, "invalid_request"],
    [null, 400, "invalid_request"],
  ];
  for (const [json, status, code, path] of cases) {
    const problem = await readProblem(await call(edge, "POST /v1/uploads", { json }), status);
    assert.equal(problem.code, code, JSON.stringify(json));
    if (path !== undefined) assert.equal(problem.errors?.[0]?.path, path);
  }
  assert.equal(edge.sessions.length, 0);
});

test("POST /v1/uploads says of a size what it must be", async () => {
  const edge = await makeTestEdge();
  for (const [size, message] of [[0, "at least 1"], [1.5, "an integer"]]) {
    const answer = await call(edge, "POST /v1/uploads", { json: { ...upload, size } });
    const { errors } = await readProblem(answer, 400);
    assert.deepEqual(errors, [{ path: "size", message: `must be ${message}` }]);
  }
});

test("POST /v1/uploads takes one spelling of a CRC32C", async () => {
  const edge = await makeTestEdge();
  const json = { ...upload, crc32c: "AAAAAB==" }; // the bytes of AAAAAA==, to which it would be compared as a text
  const { errors } = await readProblem(await call(edge, "POST /v1/uploads", { json }), 400);
  assert.equal(errors?.[0]?.path, "crc32c");
});

test("POST /v1/uploads refuses bodies that are not small JSON", async () => {
  const edge = await makeTestEdge();
  const send = (body: string, type = "application/json") =>
    call(edge, "POST /v1/uploads", { body, headers: { "Content-Type": type } });
  assert.equal((await readProblem(await send("{"), 400)).code, "invalid_json");
  assert.equal((await readProblem(await send(""), 400)).code, "invalid_json");
  const deep = await readProblem(await send("[".repeat(9) + "]".repeat(9)), 400);
  assert.equal(deep.detail, "Cannot read body as it must nest <= 8 levels");
  const deepest = await send("[".repeat(8_000) + "]".repeat(8_000));
  assert.equal((await readProblem(deepest, 400)).code, "invalid_request");
  const twice = await readProblem(
    await send('{"contentType":"image/png","size":1,"size":2}'),
    400,
  );
  assert.equal(twice.detail, "Cannot read body as an object names a field twice");
  assert.equal((await readProblem(await send("{}", "text/plain"), 415)).code, "unsupported_type");
  assert.equal((await readProblem(await send(" ".repeat(20_000)), 413)).code, "too_large");
});

test("POST /v1/uploads answers the image that is there under a client's own id, and 409 when it is erased", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms);
  const again = () => call(edge, "POST /v1/uploads", { json: { ...upload, imageId } });
  assert.equal((await again()).status, 201);
  assert.equal((await again()).status, 201, "a session that nobody finished is no image");
  await putImage(edge, { imageId, owner: await ownerOf() });
  const there = await again();
  assert.equal(there.status, 200);
  assert.equal((await readAs(imageState, there)).status, "ready");
  edge.clock.ms += 3 * DAY_MS;
  assert.equal(
    (await call(edge, "POST /v1/uploads", {
      json: { ...upload, imageId },
      claims: { exp: edge.clock.ms / 1_000 + 600 | 0 },
    })).status,
    200,
    "at any age",
  );
  edge.clock.ms -= 3 * DAY_MS;
  await call(edge, `DELETE /v1/images/${imageId}`);
  assert.equal((await readProblem(await again(), 409)).code, "erased");
  assert.equal(edge.claims.size, 1, "a retry counts once");
});

test("POST /v1/uploads says when the day's quota is used up", async () => {
  const edge = await makeTestEdge({ plans: '{"default":{"imagesPerDay":1}}' });
  assert.equal((await call(edge, "POST /v1/uploads", { json: upload })).status, 201);
  const answer = await call(edge, "POST /v1/uploads", { json: upload });
  assert.equal(answer.headers.get("retry-after"), "7200");
  assert.equal((await readProblem(answer, 429)).code, "quota_exceeded");
});

test("POST /v1/uploads carries the page's origin to the session where the tenant allows it", async () => {
  const edge = await makeTestEdge({ plans: '{"default":{"corsOrigins":["https://app.test"]}}' });
  for (const origin of ["https://app.test", "https://evil.test"]) {
    await call(edge, "POST /v1/uploads", { json: upload, headers: { Origin: origin } });
  }
  assert.deepEqual(edge.sessions.map(({ options }) => options["origin"]), [
    "https://app.test",
    undefined,
  ]);
});
