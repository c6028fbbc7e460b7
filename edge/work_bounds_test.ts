/** The work that one call of the edge can cause, held to the table in docs/security.md: each row is a case. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { call, idAt, makeTestEdge, PNG, putImage, type TestEdge } from "./_testing.ts";

const DAY_MS = 86_400_000;
const TABLE = /<!-- work of one call -->\n([\s\S]*?)\n<!-- end of work -->/;
const document = await readFile(new URL("../docs/security.md", import.meta.url), "utf8");

/** The work of a call at most, as its row says. */
const LIMITS = new Map(
  (TABLE.exec(document)?.[1] ?? "").split("\n").slice(2).map((line) => {
    const [, name = "", , ...numbers] = line.split("|").map((cell) => cell.trim());
    return [name.replaceAll("`", ""), numbers.slice(0, 4).map(Number)] as const;
  }),
);

const json = { contentType: "image/png", size: 1_000 };
const idsOf = (edge: TestEdge, count: number) =>
  Array.from({ length: count }, (_, at) => idAt(edge.clock.ms - 1_000 - at));

const makeGrant = (edge: TestEdge) =>
  call(edge, "POST /v1/grants", {
    claims: { scope: "images:grant" },
    json: { subject: "guest", count: 1, ttlSeconds: 60 },
  });

/** Calls while the clock runs on, a hundred times as fast as its own. */
async function waitThrough(edge: TestEdge, line: string): Promise<Response> {
  let isOver = false;
  const waiting = call(edge, line).finally(() => isOver = true);
  while (!isOver) {
    edge.clock.ms += 10;
    test.mock.timers.tick(10);
    await new Promise(setImmediate);
  }
  return await waiting;
}

/** Puts 50 images there; the call that asks for all of them. */
async function askFor(edge: TestEdge, status: "processing" | "ready"): Promise<string> {
  const ids = idsOf(edge, 50);
  for (const imageId of ids) await putImage(edge, { imageId, status });
  edge.calls.length = 0;
  return `GET /v1/images?ids=${ids.join()}`;
}

/** The case of each row that costs the most. */
const CASES: Readonly<Record<string, (edge: TestEdge) => Promise<Response>>> = {
  "POST /v1/uploads": (edge) =>
    call(edge, "POST /v1/uploads", { json: { ...json, imageId: idAt(edge.clock.ms) } }),
  "POST /v1/uploads/batch": (edge) => {
    const uploads = idsOf(edge, 50).map((imageId) => ({ ...json, imageId }));
    return call(edge, "POST /v1/uploads/batch", { json: { uploads } });
  },
  "POST /v1/images": (edge) => {
    const headers = { "Content-Type": "image/png", "Content-Length": String(PNG.length) };
    const path = `POST /v1/images?imageId=${idAt(edge.clock.ms)}`;
    return call(edge, path, { headers, body: PNG });
  },
  "GET /v1/images, nothing there": (edge) => call(edge, "GET /v1/images?limit=50"),
  "GET /v1/images, a full page": async (edge) => {
    for (let at = 0; at < 50; at++) {
      await putImage(edge, { imageId: idAt(edge.clock.ms - at % 7 * DAY_MS - at) });
    }
    edge.calls.length = 0;
    return await call(edge, "GET /v1/images?limit=50&include=renditions");
  },
  "GET /v1/images/{id}": (edge) => call(edge, `GET /v1/images/${idAt(edge.clock.ms)}`),
  "GET /v1/images/{id}?wait=20": (edge) =>
    waitThrough(edge, `GET /v1/images/${idAt(edge.clock.ms)}?wait=20`),
  "GET /v1/images?ids, 50 waited for": async (edge) =>
    await waitThrough(edge, `${await askFor(edge, "processing")}&wait=20`),
  "GET /v1/images?ids, 50 done": async (edge) => await call(edge, await askFor(edge, "ready")),
  "GET /v1/images/{id}/original": async (edge) => {
    const { imageId } = await putImage(edge);
    edge.calls.length = 0;
    return await call(edge, `GET /v1/images/${imageId}/original`);
  },
  "DELETE /v1/images/{id}": (edge) => call(edge, `DELETE /v1/images/${idAt(edge.clock.ms)}`),
  "POST /v1/erasures": (edge) =>
    call(edge, "POST /v1/erasures", { json: { imageIds: idsOf(edge, 50) } }),
  "GET /v1/erasures/{id}": (edge) => call(edge, `GET /v1/erasures/${idAt(edge.clock.ms)}`),
  "POST /v1/grants": (edge) => makeGrant(edge),
  "POST /v1/uploads by a grant": async (edge) => {
    const { token } = await (await makeGrant(edge)).json() as { token: string }; // the contract
    const headers = { Authorization: `Bearer ${token}` };
    const body = { ...json, imageId: idAt(edge.clock.ms) };
    return await call(edge, "POST /v1/uploads", { claims: null, headers, json: body });
  },
  "GET /v1/limits": (edge) => call(edge, "GET /v1/limits"),
  "a bad token": (edge) =>
    call(edge, "GET /v1/images", { claims: null, headers: { Authorization: "Bearer a.b.c" } }),
};

test("the table of work has a row for each case", () => {
  assert.deepEqual([...LIMITS.keys()], Object.keys(CASES));
});

for (const [name, ask] of Object.entries(CASES)) {
  test(`${name} costs exactly what docs/security.md says at most`, async (t) => {
    const edge = await makeTestEdge();
    const { quota, services: { grants } } = edge;
    const counted = [
      t.mock.method(quota, "reserve", quota.reserve),
      t.mock.method(quota, "countErasures", quota.countErasures),
      t.mock.method(quota, "used", quota.used),
      t.mock.method(grants, "open", grants.open),
      t.mock.method(grants, "take", grants.take),
      t.mock.method(grants, "holds", grants.holds),
      t.mock.method(grants, "revoke", grants.revoke),
    ];
    if (name.includes("wait")) test.mock.timers.enable({ apis: ["setTimeout"] });
    const response = await ask(edge);
    test.mock.timers.reset();
    await response.arrayBuffer();
    const made = (...ends: string[]) =>
      edge.calls.filter((call) => ends.some((end) => call.endsWith(` ${end}`))).length;
    const work = [
      made("list"),
      made("stat", "read"),
      made("create") + edge.sessions.length,
      counted.reduce((sum, { mock }) => sum + mock.callCount(), 0),
    ];
    assert.deepEqual(
      work,
      LIMITS.get(name),
      `lists, reads, creates, calls of durable objects: ${edge.calls}`,
    );
  });
}
