import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { readAs } from "./_assertions.ts";
import { PNG } from "./_testing.ts";
import { askWorker, jsonOf, TestCloud } from "./_worker_testing.ts";
import type { Workerd } from "./_workerd_fixture.ts";
import { erasureState, imagePage, imageState, imageSummary, startedUpload } from "./schemas.ts";

const cloud = new TestCloud();

async function ask(worker: Workerd, line: string, init: RequestInit = {}): Promise<Response> {
  return await askWorker(worker, line, { ...init, token: await cloud.local.token() });
}

async function sendPng(worker: Workerd): Promise<string> {
  const init = { headers: { "Content-Type": "image/png" }, body: PNG };
  const answer = await ask(worker, "POST /v1/images", init);
  assert.equal(answer.status, 202);
  return (await readAs(imageSummary, answer)).imageId;
}

test("an RSA key signs sessions, bodies and reads in workerd", async () => {
  await using worker = await cloud.startWorkerd({ SIGNING_KEY: cloud.local.rsaSigningKey });
  const declared = { contentType: "image/png", size: PNG.length };
  const started = await ask(worker, "POST /v1/uploads", jsonOf(declared));
  assert.equal(started.status, 201);
  const { upload } = await readAs(startedUpload, started);
  assert.equal((await fetch(upload.url, { method: "PUT", body: PNG })).status, 200);
  const imageId = await sendPng(worker);
  await cloud.putReady((await cloud.rawObjectOf(imageId)).name, PNG);
  const state = await readAs(imageState, await ask(worker, `GET /v1/images/${imageId}`));
  const url = new URL(state.renditions[0]?.url ?? "");
  assert.equal(url.searchParams.get("X-Goog-Algorithm"), "GOOG4-RSA-SHA256");
  assert.equal((await fetch(url)).status, 200);
});

test("a new pseudonym key writes at once, and the one before still reads, lists and erases", async () => {
  const [older = ""] = JSON.parse(cloud.local.secrets["PSEUDONYM_KEYS"] ?? "[]");
  const newer = randomBytes(32).toString("hex");
  const ids: string[] = [];
  {
    await using before = await cloud.startWorkerd();
    ids.push(await sendPng(before));
  }
  {
    const keys = JSON.stringify([newer, older]);
    await using rotated = await cloud.startWorkerd({ PSEUDONYM_KEYS: keys });
    ids.push(await sendPng(rotated));
    const [first = "", second = ""] = ids;
    const objects = await Promise.all(ids.map((id) => cloud.rawObjectOf(id)));
    const owners = objects.map(({ name }) => name.split("/")[2]);
    assert.notEqual(owners[0], owners[1], "the new key writes");
    for (const id of ids) assert.equal((await ask(rotated, `GET /v1/images/${id}`)).status, 200);
    const { images } = await readAs(imagePage, await ask(rotated, "GET /v1/images"));
    const listed = images.map(({ imageId }) => imageId);
    assert.deepEqual(ids.filter((id) => listed.includes(id)), ids);
    assert.equal((await ask(rotated, `DELETE /v1/images/${first}`)).status, 202);
    assert.equal((await ask(rotated, `GET /v1/images/${first}`)).status, 404);
    const erasure = await ask(rotated, `GET /v1/erasures/${first}`);
    assert.equal((await readAs(erasureState, erasure)).status, "accepted");
    assert.equal((await ask(rotated, `GET /v1/images/${second}`)).status, 200);
  }
  await using only = await cloud.startWorkerd({ PSEUDONYM_KEYS: JSON.stringify([newer]) });
  assert.equal((await ask(only, `GET /v1/images/${ids[1]}`)).status, 200);
  assert.equal((await ask(only, `GET /v1/images/${ids[0]}`)).status, 404);
});
