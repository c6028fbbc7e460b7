import assert from "node:assert/strict";
import { test } from "node:test";
import { durableObjectQuota } from "../adapters/durable_object_quota.ts";
import { readAs, readProblem } from "../_assertions.ts";
import { call, idAt, makeTestEdge, putImage, type TestEdge } from "../_testing.ts";
import { acceptedErasure, erasureResults } from "../schemas.ts";

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
  assert.deepEqual(
    results,
    imageIds.map((imageId) => ({
      imageId,
      status: "accepted",
      erasure: `/v1/erasures/${imageId}`,
    })),
  );
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

/** An edge whose tenant's day takes two erasures, counted as the durable object counts. */
async function smallEdge() {
  const counted = new Set<string>();
  const unused = () => Promise.reject(new TypeError("Nothing is uploaded here"));
  const stub = {
    ...{ reserve: unused, settle: unused, release: unused },
    async countErasures({ imageIds, erasuresPerDay }: {
      readonly imageIds: readonly string[];
      readonly erasuresPerDay: number;
    }) {
      const refused = imageIds.filter((id) =>
        !counted.has(id) && (counted.size === erasuresPerDay || !counted.add(id))
      );
      return {
        refused,
        quota: erasuresPerDay,
        left: erasuresPerDay - counted.size,
        endsInMs: 7_200_000,
      };
    },
  };
  const quota = durableObjectQuota({ idFromName: () => ({}), get: () => stub });
  return await makeTestEdge({ tenants: { acme: { erasuresPerDay: 2 } }, services: { quota } });
}

const FULL = ['"erasures";q=2;w=86400', '"erasures";r=0;t=7200', "7200"];
const limitsOf = ({ headers }: Response) =>
  ["ratelimit-policy", "ratelimit", "retry-after"].map((name) => headers.get(name));

test("erasures over the day's quota are 429 with its fields, repeated ones are free", async () => {
  const edge = await smallEdge();
  const [first = "", second = "", third = ""] = idsOf(edge, 3);
  const erase = (id: string) => call(edge, `DELETE /v1/images/${id}`);
  for (const id of [first, second, first]) {
    await readAs(acceptedErasure, await erase(id), 202);
  }
  const full = await erase(third);
  assert.deepEqual(limitsOf(full), FULL);
  assert.equal((await readProblem(full, 429)).code, "quota_exceeded");
  assert.equal((await erase(second)).status, 202);
  assert.equal(edge.erasures.names().length, 2);
});

test("POST /v1/erasures takes those that the day has room for, and says when it has again", async () => {
  const edge = await smallEdge();
  const [first = "", second = "", third = ""] = idsOf(edge, 3);
  await eraseMany(edge, [second]);
  const json = { imageIds: [first, second, third] };
  const answer = await call(edge, "POST /v1/erasures", { json });
  assert.deepEqual(limitsOf(answer), FULL);
  const { results } = await readAs(erasureResults, answer, 202);
  assert.deepEqual(results.map(({ status }) => status), ["accepted", "accepted", 429]);
});
