import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import process from "node:process";
import { after, before, test } from "node:test";
import { readAs } from "./_assertions.ts";
import { lacksLocalCloud, type LocalCloud, startLocalCloud } from "./_local_cloud.ts";
import { manifestOf, PNG, readyRendition } from "./_testing.ts";
import { bundleWorker, startWorkerd, type Workerd } from "./_workerd_fixture.ts";
import { erasureState, imagePage, imageState, imageSummary, startedUpload } from "./schemas.ts";

const skip = lacksLocalCloud;
let cloud: LocalCloud;
let script: string;

before(async () => {
  if (skip) return;
  cloud = await startLocalCloud();
  script = await bundleWorker({ node: process.execPath });
});
after(async () => await cloud?.[Symbol.asyncDispose]());

/** The deployed bundle in workerd itself, with keys of its own. */
function startWith(vars: Readonly<Record<string, string>>): Promise<Workerd> {
  return startWorkerd({ script, vars: { ...cloud.vars, ...cloud.secrets, ...vars } });
}

async function ask(worker: Workerd, line: string, init: RequestInit = {}): Promise<Response> {
  const [method = "GET", path = "/"] = line.split(" ");
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${await cloud.token()}`);
  return await fetch(new URL(path, worker.url), { ...init, method, headers });
}

async function sendPng(worker: Workerd): Promise<string> {
  const init = { headers: { "Content-Type": "image/png" }, body: PNG };
  const answer = await ask(worker, "POST /v1/images", init);
  assert.equal(answer.status, 202);
  return (await readAs(imageSummary, answer)).imageId;
}

async function nameOf(imageId: string): Promise<string> {
  const answer = await fetch(`${cloud.storageUrl}/storage/v1/b/tintype-raw/o`);
  const { items }: { items: { name: string }[] } = await answer.json();
  return items.find(({ name }) => name.endsWith(imageId) && !name.startsWith("erase/"))?.name ?? "";
}

async function putProcessed(name: string, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const query = `uploadType=media&name=${encodeURIComponent(name)}`;
  const url = `${cloud.storageUrl}/upload/storage/v1/b/tintype-processed/o?${query}`;
  const answer = await fetch(url, { method: "POST", body });
  return (await answer.json() as { generation: string }).generation; // an object resource
}

test("an RSA key signs sessions, bodies and reads in workerd", { skip }, async () => {
  await using worker = await startWith({ SIGNING_KEY: cloud.rsaSigningKey });
  const declared = { contentType: "image/png", size: PNG.length };
  const started = await ask(worker, "POST /v1/uploads", {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(declared),
  });
  assert.equal(started.status, 201);
  const { upload } = await readAs(startedUpload, started);
  assert.equal((await fetch(upload.url, { method: "PUT", body: PNG })).status, 200);
  const imageId = await sendPng(worker);
  const name = await nameOf(imageId);
  const object = `${name}/thumb.jpg`;
  const generation = await putProcessed(object, PNG);
  const [, tenant = "", owner = ""] = name.split("/");
  const renditions = [{ ...readyRendition, object, generation }];
  const manifest = manifestOf({ tenant, owner, imageId }, { status: "ready", renditions });
  await putProcessed(`${name}/manifest.json`, manifest);
  const state = await readAs(imageState, await ask(worker, `GET /v1/images/${imageId}`));
  const url = new URL(state.renditions[0]?.url ?? "");
  assert.equal(url.searchParams.get("X-Goog-Algorithm"), "GOOG4-RSA-SHA256");
  assert.equal((await fetch(url)).status, 200);
});

test("a new pseudonym key writes at once, and the one before still reads, lists and erases", {
  skip,
}, async () => {
  const [older = ""] = JSON.parse(cloud.secrets["PSEUDONYM_KEYS"] ?? "[]");
  const newer = randomBytes(32).toString("hex");
  const ids: string[] = [];
  {
    await using before = await startWith({});
    ids.push(await sendPng(before));
  }
  {
    const keys = JSON.stringify([newer, older]);
    await using rotated = await startWith({ PSEUDONYM_KEYS: keys });
    ids.push(await sendPng(rotated));
    const [first = "", second = ""] = ids;
    const owners = await Promise.all(ids.map(async (id) => (await nameOf(id)).split("/")[2]));
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
  await using only = await startWith({ PSEUDONYM_KEYS: JSON.stringify([newer]) });
  assert.equal((await ask(only, `GET /v1/images/${ids[1]}`)).status, 200);
  assert.equal((await ask(only, `GET /v1/images/${ids[0]}`)).status, 404);
});
