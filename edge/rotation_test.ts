import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeProtectedHeader } from "jose";
import { readAs } from "./_assertions.ts";
import { dayOf, startOfDay } from "@tintype/core/model/utc_day";
import { idAt, PNG } from "./_testing.ts";
import { jsonOf, type LocalWorker } from "./_local_cloud.ts";
import { askWorker, TestCloud } from "./_worker_testing.ts";
import { erasureState, imagePage, imageState, imageSummary, startedUpload } from "./schemas.ts";

const cloud = new TestCloud();

/** Clients that upload, read and page without a pause, through whichever versions of the edge are live. */
class Traffic {
  readonly workers: string[] = [];
  readonly failures: string[] = [];
  /** Key ids of all tokens that were taken. */
  readonly keyIds = new Set<string>();
  readonly #clients: Promise<void>[];
  rounds = 0;
  #turn = 0;
  #isOver = false;

  constructor(firstWorker: string, clients: number) {
    this.workers.push(firstWorker);
    this.#clients = Array.from({ length: clients }, (_, client) => this.#run(`person-${client}`));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  /** Resolves when every client has walked some rounds more; at once where one has failed. */
  async walkOn(): Promise<void> {
    const until = this.rounds + 3 * this.#clients.length;
    while (this.rounds < until && this.failures.length === 0) await sleep(20);
  }

  async #run(sub: string): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#round(await cloud.local.token({ sub }));
        this.rounds++;
      } catch (error) {
        this.failures.push(String(error));
        return;
      }
    }
  }

  /** Uploads, reads what was uploaded, and pages through the list, each request by another version. */
  async #round(token: string): Promise<void> {
    this.keyIds.add(String(decodeProtectedHeader(token).kid));
    const declared = jsonOf({ contentType: "image/png", size: PNG.length });
    const started = await this.#ask("POST /v1/uploads", token, declared);
    const { upload, image } = await readAs(startedUpload, started, 201);
    assert.equal((await fetch(upload.url, { method: "PUT", body: PNG })).status, 200);
    await (await this.#ask(`GET ${image}`, token)).body?.cancel();
    const page = await readAs(imagePage, await this.#ask("GET /v1/images?limit=1", token));
    if (page.cursor === undefined) return;
    const next = await this.#ask(`GET /v1/images?limit=1&cursor=${page.cursor}`, token);
    await next.body?.cancel();
  }

  async #ask(line: string, token: string, init: RequestInit = {}): Promise<Response> {
    const url = this.workers[this.#turn++ % this.workers.length] ?? "";
    const answer = await askWorker({ url }, line, { token, ...init });
    if (!answer.ok) throw new Error(`${line}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

test("signing, pseudonym, cursor and issuer's keys are changed under load without a failed request", async () => {
  const older = JSON.parse(cloud.local.secrets.PSEUDONYM_KEYS);
  const newer = { ...older, 3: randomBytes(32).toString("hex") };
  const oldCursor = cloud.local.secrets.CURSOR_KEY;
  const newCursor = randomBytes(32).toString("hex");
  const before = await cloud.startWorkerd();
  const traffic = new Traffic(before.url, 3);
  await traffic.walkOn();

  // First every version knows both keys (no day uses the new pseudonym key before it is nine days old), and the issuer's new key is known before it signs.
  const control = async (path: string, body = {}) =>
    await cloud.local.oidc.control("POST", path, body) as { readonly kid: string }; // both answer it
  const { kid } = await control("/_local/announce");
  const both = await cloud.startWorkerd({
    PSEUDONYM_KEYS: JSON.stringify(newer),
    CURSOR_KEY_ALSO: newCursor,
  });
  traffic.workers.push(both.url);
  await traffic.walkOn();
  traffic.workers.splice(0, 1);
  await traffic.walkOn();

  // Then the new keys write.
  const rotated = await cloud.startWorkerd({
    SIGNING_KEY: cloud.local.spareSigningKey,
    PSEUDONYM_KEYS: JSON.stringify(newer),
    CURSOR_KEY: newCursor,
    CURSOR_KEY_ALSO: oldCursor,
  });
  traffic.workers.push(rotated.url);
  await traffic.walkOn();
  assert.equal((await control("/_local/rotate", { kid })).kid, kid);
  await traffic.walkOn();
  traffic.workers.splice(0, 1);
  await traffic.walkOn();

  await traffic.stop();
  for (const worker of [before, both, rotated]) await worker[Symbol.asyncDispose]();
  assert.deepEqual(traffic.failures, []);
  assert.ok(traffic.keyIds.has(kid) && traffic.keyIds.size === 2, "of both keys");
  assert.ok(traffic.rounds >= 45, `${traffic.rounds} rounds`);
});

const ask = async (worker: LocalWorker, line: string, init: RequestInit = {}) =>
  await askWorker(worker, line, { ...init, token: await cloud.local.token() });

async function sendPng(worker: LocalWorker, query = ""): Promise<string> {
  const init = { headers: { "Content-Type": "image/png" }, body: PNG };
  const sent = await ask(worker, `POST /v1/images${query}`, init);
  return (await readAs(imageSummary, sent, 202)).imageId;
}

test("an RSA key signs sessions, bodies and reads in workerd", async () => {
  await using worker = await cloud.startWorkerd({ SIGNING_KEY: cloud.local.rsaSigningKey });
  const declared = { contentType: "image/png", size: PNG.length };
  const started = await ask(worker, "POST /v1/uploads", jsonOf(declared));
  const { upload } = await readAs(startedUpload, started, 201);
  assert.equal((await fetch(upload.url, { method: "PUT", body: PNG })).status, 200);
  const imageId = await sendPng(worker);
  await cloud.putReady((await cloud.rawObjectOf(imageId)).name, PNG);
  const state = await readAs(imageState, await ask(worker, `GET /v1/images/${imageId}`));
  const url = new URL(state.renditions[0]?.url ?? "");
  assert.equal(url.searchParams.get("X-Goog-Algorithm"), "GOOG4-RSA-SHA256");
  assert.equal((await fetch(url)).status, 200);
});

test("a day's images are its pseudonym key's: the next day's key reads, lists and erases beside it, and without its key a day is away", async () => {
  const { 1: yesterdays, 2: todays } = JSON.parse(cloud.local.secrets.PSEUDONYM_KEYS);
  await using workers = new AsyncDisposableStack();
  const start = async (keys: Readonly<Record<number, string>>) =>
    workers.use(await cloud.startWorkerd({ PSEUDONYM_KEYS: JSON.stringify(keys) }));
  const [both, only] = [await start({ 1: yesterdays, 2: todays }), await start({ 2: todays })];
  const lastOfYesterday = startOfDay(dayOf(Date.now())) - 1;
  const yesterdaysId = idAt(lastOfYesterday, crypto.randomUUID().slice(-12));
  const ids = [await sendPng(both), await sendPng(both, `?imageId=${yesterdaysId}`)];
  const objects = await Promise.all(ids.map((id) => cloud.rawObjectOf(id)));
  const owners = new Set(objects.map(({ name }) => name.split("/")[3]));
  assert.equal(owners.size, 2, "one person has another owner each day");
  const statusesBy = async (worker: LocalWorker) =>
    (await Promise.all(ids.map((id) => ask(worker, `GET /v1/images/${id}`))))
      .map(({ status }) => status);
  assert.deepEqual([await statusesBy(both), await statusesBy(only)], [[200, 200], [200, 503]]);
  const { images } = await readAs(imagePage, await ask(both, "GET /v1/images"));
  const listed = images.map(({ imageId }) => imageId);
  assert.deepEqual(ids.filter((id) => listed.includes(id)), ids);
  assert.equal((await ask(both, `DELETE /v1/images/${yesterdaysId}`)).status, 202);
  assert.deepEqual(await statusesBy(both), [200, 404]);
  const answer = await ask(both, `GET /v1/erasures/${yesterdaysId}`);
  assert.equal((await readAs(erasureState, answer)).status, "accepted");
});
