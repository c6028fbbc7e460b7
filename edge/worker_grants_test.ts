import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "@tintype/core/testing/eventually";
import { readAs, readProblem } from "./_assertions.ts";
import { jsonOf } from "./_local_cloud.ts";
import { idAt, PNG } from "./_testing.ts";
import { askWorker, newImageId, TestCloud } from "./_worker_testing.ts";
import { imageState, imageStates, imageSummary, madeGrant, startedUpload } from "./schemas.ts";

const edge = new TestCloud((cloud) => cloud.startWorkerd());
const GRANTER = { sub: "backend", scope: "images:grant" };

/** A grant as a backend of a tenant asks for it. */
async function grantOf(wish: object, tenant = "acme") {
  const asked = jsonOf({ subject: "CANARY-GUEST", count: 1, ttlSeconds: 600, ...wish });
  const made = await edge.ask("POST /v1/grants", asked, { ...GRANTER, tenant });
  return await readAs(madeGrant, made, 201);
}

const sendPng = (token: string, query = "") =>
  askWorker(edge.worker, `POST /v1/images${query}`, {
    token,
    headers: { "Content-Type": "image/png" },
    body: PNG,
  });
const start = (token: string, declared: object = {}) =>
  askWorker(edge.worker, "POST /v1/uploads", {
    token,
    ...jsonOf({ contentType: "image/png", size: PNG.length, ...declared }),
  });
const codeOf = async (answer: Response, status: number) => (await readProblem(answer, status)).code;

test("a grant uploads for its subject within its types, size and count, and sees what it uploaded", async () => {
  const limits = { contentTypes: ["image/png"], maxBytes: PNG.length };
  const { token } = await grantOf({ ...limits, count: 2, ref: "booking-1" });
  for (
    const [declared, status, code] of [
      [{ contentType: "image/gif" }, 415, "unsupported_type"],
      [{ size: PNG.length + 1 }, 413, "too_large"],
      [{ imageId: idAt(Date.now() - 60_000) }, 400, "invalid_request"],
    ] as const
  ) assert.equal(await codeOf(await start(token, declared), status), code);
  const sent = await readAs(imageSummary, await sendPng(token), 202);
  await edge.putReady((await edge.rawObjectOf(sent.imageId)).name, PNG);
  const own = await edge.local.token({ sub: "CANARY-GUEST" });
  for (const who of [token, own]) {
    const seen = await askWorker(edge.worker, `GET ${sent.image}`, { token: who });
    const { status, ref } = await readAs(imageState, seen);
    assert.deepEqual([status, ref], ["ready", "booking-1"]);
  }
  // Those that are reached, by reads and by a listing.
  for (const [who, count] of [[token, 1], [own, 12]] as const) {
    const ids = [sent.imageId, ...Array.from({ length: count }, newImageId)];
    const line = `GET /v1/images?ids=${ids.join()}&wait=2`;
    const many = await readAs(imageStates, await askWorker(edge.worker, line, { token: who }));
    const statuses = many.images.map(({ status }) => status);
    assert.deepEqual(statuses, ["ready", ...Array(count).fill(404)]);
  }
  const listing = await askWorker(edge.worker, "GET /v1/images", { token });
  assert.equal(await codeOf(listing, 403), "forbidden");
  const imageId = newImageId();
  for (const _ of ["first", "again"]) {
    await readAs(startedUpload, await start(token, { imageId }), 201);
  }
  assert.equal(await codeOf(await start(token), 403), "forbidden");
  assert.equal((await sendPng(token, `?imageId=${sent.imageId}`)).status, 200, "not a third");
  const bobs = await edge.sendPng(PNG, "", { sub: "CANARY-GUEST" });
  const { image } = await readAs(imageSummary, bobs, 202);
  const others = await askWorker(edge.worker, `GET ${image}`, { token });
  assert.equal(await codeOf(others, 404), "not_found");
  for (const text of ["CANARY-GUEST", token.slice(-30)]) {
    assert.ok(!edge.worker.output().includes(text), text);
  }
});

test("a grant's count is exact however many ask at once", async () => {
  const { token } = await grantOf({ count: 3 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => start(token)));
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [...Array(3).fill(201), ...Array(9).fill(403)]);
});

test("a grant counts against its tenant's day, and gets back what the day has no room for", async () => {
  const { token } = await grantOf({ count: 2 }, "small");
  const { token: own } = await grantOf({ count: 9, subject: "host" }, "small");
  for (const each of [token, own]) assert.equal((await start(each)).status, 201);
  // Were the image not given back, the second refusal would be the grant's own.
  for (const _ of ["once", "twice"]) {
    assert.equal(await codeOf(await start(token), 429), "quota_exceeded");
  }
});

test("a revoked grant starts and shows nothing; no other tenant revokes it", async () => {
  const { grantId, token } = await grantOf({ count: 5 });
  const { image } = await readAs(imageSummary, await sendPng(token), 202);
  const revoke = (tenant: string) =>
    edge.ask(`DELETE /v1/grants/${grantId}`, {}, { ...GRANTER, tenant });
  assert.equal(await codeOf(await revoke("small"), 404), "not_found");
  assert.equal((await start(token)).status, 201);
  assert.equal((await revoke("acme")).status, 204);
  assert.equal(await codeOf(await start(token), 401), "unauthenticated");
  const read = await askWorker(edge.worker, `GET ${image}`, { token });
  assert.equal(await codeOf(read, 401), "unauthenticated");
  const refused = /"code":"unauthenticated".*"reason":"revoked"/;
  await eventually("the log line", () => refused.test(edge.worker.output()));
  assert.equal(await codeOf(await revoke("acme"), 404), "not_found");
});

test("what the tenant's object holds names neither grant, image nor subject, and is gone when the grant has ended", async () => {
  const { grantId, token } = await grantOf({ count: 1, ttlSeconds: 2, subject: "CANARY-BRIEF" });
  const { imageId } = await readAs(startedUpload, await start(token), 201);
  const folder = `/proc/${edge.worker.pid}/cwd/objects/TenantGrants`;
  const [hash = ""] = await heldGrants(folder, (ends) => ends < Date.now() + 10_000);
  assert.match(hash, /^[0-9a-f]{32}$/);
  const files = (await readdir(folder)).map((file) => readFile(join(folder, file), "latin1"));
  const bytes = (await Promise.all(files)).join();
  for (const text of [grantId, imageId, "CANARY"]) assert.ok(!bytes.includes(text), text);
  while ((await heldGrants(folder, () => true)).includes(hash)) await sleep(100);
});

/** Hashes of the grants in the durable objects' files whose end is as asked. */
async function heldGrants(folder: string, isAsked: (endsMs: number) => boolean): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(folder, file), { readOnly: true });
    try {
      return database.prepare("SELECT hash, ends_ms FROM grants").all()
        .filter(({ ends_ms }) => isAsked(Number(ends_ms))).map((row) => String(row["hash"]));
    } finally {
      database.close();
    }
  });
}
