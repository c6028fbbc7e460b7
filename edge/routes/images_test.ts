import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectName } from "@tintype/core/model/object_name";
import { readAs, readErasureOf, readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge, ownerOf, PNG, putImage, readyRendition } from "../_testing.ts";
import { acceptedErasure, imagePage, imageState } from "../schemas.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
test("GET /v1/images/{id} shows processing, ready, rejected and failed", async () => {
  const edge = await makeTestEdge();
  const owner = await ownerOf();
  const ids = ["processing", "ready", "rejected", "failed"] as const;
  for (const [at, status] of ids.entries()) {
    await putImage(edge, { imageId: idAt(edge.clock.ms - at), owner, status });
  }
  const read = async (at: number) => {
    const answer = await call(edge, `GET /v1/images/${idAt(edge.clock.ms - at)}`);
    assert.equal(answer.status, 200);
    return { body: await readAs(imageState, answer), headers: answer.headers };
  };
  const processing = await read(0);
  assert.equal(processing.headers.get("retry-after"), "1");
  const unchanged = await call(edge, `GET /v1/images/${idAt(edge.clock.ms)}`, {
    headers: { "If-None-Match": processing.headers.get("etag") ?? "" },
  });
  assert.deepEqual([unchanged.status, unchanged.headers.get("retry-after")], [304, "1"]);
  const { source, metadata, renditions, status, bytes } = processing.body;
  assert.deepEqual([status, bytes, source], ["processing", PNG.length, null]);
  assert.deepEqual([metadata, renditions], [{}, []]);
  const ready = await read(1);
  assert.equal(ready.body.source, "kafka");
  const [rendition] = ready.body.renditions;
  assert.ok(rendition !== undefined);
  const { url, ...thumb } = rendition;
  const { object: _object, generation: _generation, ...expected } = readyRendition;
  assert.deepEqual(thumb, expected);
  assert.ok(url.endsWith(`generation=1700000000000002&ends=${edge.clock.ms + 900_000}`));
  const rejected = await read(2);
  assert.deepEqual([rejected.body.status, rejected.body.reason], ["rejected", "corrupt"]);
  assert.equal((await read(3)).body.status, "failed");
});

test("GET /v1/images/{id} signs addresses no longer than the image is kept, and knows nothing after", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms - 7 * DAY_MS + 60_000);
  await putImage(edge, { imageId, owner: await ownerOf() });
  const ready = await readAs(imageState, await call(edge, `GET /v1/images/${imageId}`));
  assert.ok(ready.renditions[0]?.url.endsWith(`ends=${edge.clock.ms + 60_000}`));
  edge.clock.ms += 60_000;
  const answer = await call(edge, `GET /v1/images/${imageId}`);
  assert.equal((await readProblem(answer, 404)).code, "not_found");
});

test("GET /v1/images/{id} answers 304 until the addresses near their end", async () => {
  const edge = await makeTestEdge();
  edge.clock.ms = Math.ceil(edge.clock.ms / 300_000) * 300_000;
  const imageId = idAt(edge.clock.ms);
  await putImage(edge, { imageId, owner: await ownerOf() });
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

test("GET /v1/images/{id}?wait answers as soon as the image is settled", async () => {
  const edge = await makeTestEdge({ services: { clock: Date } });
  const imageId = idAt(edge.clock.ms);
  const waiting = call(edge, `GET /v1/images/${imageId}?wait=20`);
  setTimeout(async () => void await putImage(edge, { imageId, owner: await ownerOf() }), 300);
  assert.equal((await readAs(imageState, await waiting)).status, "ready");
});

test("GET /v1/images/{id}?wait answers as without it when the seconds are over", async () => {
  const edge = await makeTestEdge({ services: { clock: Date } });
  const imageId = idAt(Date.now());
  const startedMs = Date.now();
  const none = await call(edge, `GET /v1/images/${imageId}?wait=1`);
  assert.equal((await readProblem(none, 404)).code, "not_found");
  assert.ok(Date.now() - startedMs >= 1_000);
  await putImage(edge, { imageId, owner: await ownerOf(), status: "processing" });
  const still = await call(edge, `GET /v1/images/${imageId}?wait=1`);
  assert.equal((await readAs(imageState, still)).status, "processing");
});

test("GET /v1/images lists newest first, page by page, with a cursor that is nobody else's", async () => {
  const edge = await makeTestEdge();
  const owner = await ownerOf();
  const ids = Array.from({ length: 5 }, (_, at) => idAt(edge.clock.ms - at * 7 * HOUR_MS));
  for (const imageId of ids) await putImage(edge, { imageId, owner });
  await putImage(edge, { imageId: idAt(edge.clock.ms - HOUR_MS), owner: await ownerOf("bob") });
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

test("DELETE hides the image at once and the erasure can be followed", async () => {
  const edge = await makeTestEdge();
  const imageId = idAt(edge.clock.ms);
  const ref = await putImage(edge, { imageId, owner: await ownerOf() });
  for (let times = 0; times < 2; times++) {
    const answer = await call(edge, `DELETE /v1/images/${imageId}`);
    assert.equal(answer.status, 202);
    const erasure = `/v1/erasures/${imageId}`;
    const accepted = await readAs(acceptedErasure, answer);
    assert.deepEqual(accepted, { imageId, status: "accepted", erasure });
  }
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 404);
  assert.deepEqual((await readAs(imagePage, await call(edge, "GET /v1/images"))).images, []);
  assert.equal((await readErasureOf(edge, imageId)).status, "accepted");
  for (const isOlder of [false, true]) {
    const owner = await ownerOf("ann", "acme", isOlder);
    const day = new Date(edge.clock.ms).toISOString().slice(0, 10);
    const receipt = `erased/${day}/acme/${owner}/${imageId}` as ObjectName; // a receipt's name
    const write = { contentType: "application/json", customTimeMs: edge.clock.ms };
    await edge.processed.create(receipt, new Uint8Array(), write);
  }
  const done = await readErasureOf(edge, imageId);
  assert.equal(done.status, "erased");
  assert.equal(done.erasedAt, new Date(edge.clock.ms).toISOString());
  assert.equal(ref.imageId, imageId);
  const old = idAt(edge.clock.ms - 8 * DAY_MS);
  assert.equal((await call(edge, `DELETE /v1/images/${old}`)).status, 404);
});
