import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readAs } from "./_assertions.ts";
import { PNG } from "./_testing.ts";
import { askWorker, jsonOf, TestCloud } from "./_worker_testing.ts";
import { imagePage, startedUpload } from "./schemas.ts";

const cloud = new TestCloud();

/** Clients that upload, read and page without a pause, through whichever versions of the edge are live. */
class Traffic {
  readonly workers: string[] = [];
  readonly failures: string[] = [];
  readonly #keyIds = new Set<string>();
  readonly #clients: Promise<void>[] = [];
  #rounds = 0;
  #turn = 0;
  #isOver = false;

  get rounds(): number {
    return this.#rounds;
  }

  /** Key ids of all tokens that were taken. */
  get keyIds(): ReadonlySet<string> {
    return this.#keyIds;
  }

  start(clients: number): void {
    for (let client = 0; client < clients; client++) {
      this.#clients.push(this.#run(`person-${client}`));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  /** Resolves when every client has walked some rounds more; at once where one has failed. */
  async walkOn(): Promise<void> {
    const until = this.#rounds + 3 * this.#clients.length;
    while (this.#rounds < until && this.failures.length === 0) await sleep(20);
  }

  async #run(sub: string): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#round(await cloud.local.token({ sub }));
        this.#rounds++;
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
        return;
      }
    }
  }

  /** Uploads, reads what was uploaded, and pages through the list, each request by another version. */
  async #round(token: string): Promise<void> {
    const header = token.split(".", 1)[0] ?? "";
    this.#keyIds.add(JSON.parse(atob(header.replaceAll("-", "+").replaceAll("_", "/"))).kid);
    const started = await this.#ask("POST /v1/uploads", token, {
      contentType: "image/png",
      size: PNG.length,
    });
    const { upload, image } = await readAs(startedUpload, started);
    assert.equal((await fetch(upload.url, { method: "PUT", body: PNG })).status, 200);
    await (await this.#ask(`GET ${image}`, token)).body?.cancel();
    const page = await readAs(imagePage, await this.#ask("GET /v1/images?limit=1", token));
    if (page.cursor === undefined) return;
    const next = await this.#ask(`GET /v1/images?limit=1&cursor=${page.cursor}`, token);
    await next.body?.cancel();
  }

  async #ask(line: string, token: string, json?: unknown): Promise<Response> {
    const url = this.workers[this.#turn++ % this.workers.length] ?? "";
    const body = json === undefined ? {} : jsonOf(json);
    const answer = await askWorker({ url }, line, { token, ...body });
    if (!answer.ok) throw new Error(`${line}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}

test("signing, pseudonym, cursor and issuer's keys are changed under load without a failed request", async () => {
  const [oldPseudonym = ""] = JSON.parse(cloud.local.secrets["PSEUDONYM_KEYS"] ?? "[]");
  const oldCursor = cloud.local.secrets["CURSOR_KEY"] ?? "";
  const [newPseudonym, newCursor] = [
    randomBytes(32).toString("hex"),
    randomBytes(32).toString("hex"),
  ];
  const traffic = new Traffic();

  const before = await cloud.startWorkerd();
  traffic.workers.push(before.url);
  traffic.start(3);
  await traffic.walkOn();

  // First every version knows both keys, and the issuer's new key is known before it signs.
  const kid = await control("announce", {});
  const both = await cloud.startWorkerd({
    PSEUDONYM_KEYS: JSON.stringify([oldPseudonym, newPseudonym]),
    CURSOR_KEY_ALSO: newCursor,
  });
  traffic.workers.push(both.url);
  await traffic.walkOn();
  traffic.workers.splice(0, 1);
  await traffic.walkOn();

  // Then the new keys write.
  const rotated = await cloud.startWorkerd({
    SIGNING_KEY: cloud.local.spareSigningKey,
    PSEUDONYM_KEYS: JSON.stringify([newPseudonym, oldPseudonym]),
    CURSOR_KEY: newCursor,
    CURSOR_KEY_ALSO: oldCursor,
  });
  traffic.workers.push(rotated.url);
  await traffic.walkOn();
  assert.equal(await control("rotate", { kid }), kid);
  await traffic.walkOn();
  traffic.workers.splice(0, 1);
  await traffic.walkOn();

  await traffic.stop();
  for (const worker of [before, both, rotated]) await worker[Symbol.asyncDispose]();
  assert.deepEqual(traffic.failures, []);
  assert.ok(
    traffic.keyIds.has(kid) && traffic.keyIds.size === 2,
    "tokens of both keys were taken",
  );
  assert.ok(traffic.rounds >= 45, `${traffic.rounds} rounds`);
});

async function control(path: "announce" | "rotate", body: object): Promise<string> {
  const url = `${cloud.local.issuerUrl}/_local/${path}`;
  const answer = await fetch(url, { method: "POST", ...jsonOf(body) });
  const { kid }: { kid: string } = await answer.json();
  return kid;
}
