import assert from "node:assert/strict";
import { test } from "node:test";
import { readAs, readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge, putImage, type TestEdge } from "../_testing.ts";
import { erasureResults } from "../schemas.ts";

const DAY_MS = 86_400_000;

const idsOf = (edge: TestEdge, count: number) =>
  Array.from({ length: count }, (_, at) => idAt(edge.clock.ms - at));

async function eraseMany(edge: TestEdge, imageIds: readonly string[]) {
  const answer = await call(edge, "POST /v1/erasures", { json: { imageIds } });
  return (await readAs(erasureResults, answer, 202)).results;
}

test("POST /v1/erasures requests each, in order, and hides the images at once", async () => {
  const edge = await makeTestEdge({ ownerLimit: 3 });
  const { imageId } = await putImage(edge);
  const imageIds = [idAt(edge.clock.ms - 5), imageId, ...idsOf(edge, 50).slice(2)];
  const results = await eraseMany(edge, imageIds.map((id) => id.toUpperCase()));
  const accepted = imageIds.map((imageId) => ({ imageId, status: "accepted" as const }))
    .map((each) => ({ ...each, erasure: `/v1/erasures/${each.imageId}` }));
  assert.deepEqual(results, accepted);
  assert.equal(edge.erasures.names().length, 49, "one was named twice");
  assert.equal(edge.quota.erasures(), 49);
  assert.equal((await call(edge, `GET /v1/images/${imageId}`)).status, 404);
  assert.equal((await call(edge, "GET /v1/images")).status, 200, "the call counted once");
});

test("POST /v1/erasures names the problem of each that it does not take", async () => {
  const edge = await makeTestEdge();
  const old = idAt(edge.clock.ms - 8 * DAY_MS);
  const [kept = ""] = idsOf(edge, 1);
  const [first, second] = await eraseMany(edge, [old, kept]);
  assert.equal(second?.status, "accepted");
  assert.ok(first !== undefined && "problem" in first);
  assert.deepEqual([first.imageId, first.status, first.problem.code], [old, 404, "not_found"]);
  assert.equal(edge.erasures.names().length, 1);
});

test("POST /v1/erasures takes 1 to 50 ids and nothing else", async () => {
  const edge = await makeTestEdge();
  const [id] = idsOf(edge, 1);
  for (
    const [json, path] of [
      [{ imageIds: [] }, "imageIds"],
      [{ imageIds: idsOf(edge, 51) }, "imageIds"],
      [{ imageIds: [id, "x"] }, "imageIds.1"],
      [{ imageIds: [id], owner: "ann" }, "owner"],
      [{}, "imageIds"],
    ] as const
  ) {
    const answer = await call(edge, "POST /v1/erasures", { json });
    assert.equal((await readProblem(answer, 400)).errors?.[0]?.path, path);
  }
  assert.deepEqual(edge.erasures.names(), []);
});
