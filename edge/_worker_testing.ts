import assert from "node:assert/strict";
import { after, before } from "node:test";
import { firstImageIdOf, t0OfImageId } from "@tintype/core/model/image_id";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { manifestName, rawName, readRawName, renditionName } from "@tintype/core/model/object_name";
import {
  type LocalCloud,
  type LocalWorker,
  startLocalCloud,
  type TokenWish,
} from "./_local_cloud.ts";
import { emulatedBucket } from "./_config_fixture.ts";
import { manifestOf, PNG, readyRendition } from "./_testing.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";
import { bundleWorker } from "./bundle_worker.ts";

/** An object of the local storage, as its JSON API lists it. */
interface ListedObject {
  readonly name: string;
  readonly size: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A cloud for the tests of a file, and a worker beside it: started before the first test, ended after the last. */
export class TestCloud<Worker extends LocalWorker = Workerd> {
  readonly #resources = new AsyncDisposableStack();
  #script: Promise<string> | undefined;
  local!: LocalCloud;
  worker!: Worker;

  /** `begin` is called once the cloud is there, and may start a worker. */
  constructor(begin?: (cloud: TestCloud<Worker>) => Promise<Worker | void>) {
    before(async () => {
      this.local = this.#resources.use(await startLocalCloud());
      const worker = await begin?.(this);
      if (worker) this.worker = this.#resources.use(worker);
    });
    after(() => this.#resources.disposeAsync());
  }

  /** Calls the worker over HTTP as somebody. */
  async ask(line: string, init: RequestInit = {}, wish: TokenWish = {}): Promise<Response> {
    return await askWorker(this.worker, line, { ...init, token: await this.local.token(wish) });
  }

  /** Sends a picture as a body. */
  async sendPng(body: BodyInit = PNG, query = "", wish: TokenWish = {}): Promise<Response> {
    const init = { headers: { "Content-Type": "image/png" }, body };
    return await this.ask(`POST /v1/images${query}`, init, wish);
  }

  /** Starts the bundle in workerd with the cloud's variables and secrets, and those of the test. */
  async startWorkerd(
    vars: Readonly<Record<string, string>> = {},
    limits: Readonly<Record<string, number>> = {},
  ) {
    this.#script ??= bundleWorker();
    const all = { ...this.local.vars, ...this.local.secrets, ...vars };
    return await startWorkerd({ script: await this.#script, vars: all, limits });
  }

  /** Every object of a bucket. */
  async objectsIn(
    bucket: `tintype-${"raw" | "processed" | "erasures"}`,
  ): Promise<readonly ListedObject[]> {
    const response = await fetch(`${this.local.storage.url}/storage/v1/b/${bucket}/o`);
    const { items = [] }: { items?: ListedObject[] } = await response.json();
    return items;
  }

  /** The raw object of an image; throws where there is none. */
  async rawObjectOf(imageId: string): Promise<ListedObject> {
    const found = (await this.objectsIn("tintype-raw"))
      .find(({ name }) => name.endsWith(imageId));
    assert.ok(found !== undefined, `raw object of ${imageId}`);
    return found;
  }

  /** Writes a rendition of these bytes and the manifest that names it, as the processor does for a raw object. */
  async putReady(raw: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const ref = readRawName(raw) ?? assert.fail(`${raw} is no raw object's name`);
    const [source, processed] = ["tintype-raw", "tintype-processed"]
      .map((name) => emulatedBucket(this.local.storage.url, name)) as [ObjectStore, ObjectStore]; // two were named
    const facts = await source.stat(rawName(ref)) ?? assert.fail(`${raw} is not there`);
    const { sha256, ref: reference } = facts.metadata;
    const object = renditionName(ref, "thumb", "jpg");
    const customTimeMs = t0OfImageId(ref.imageId);
    const write = { contentType: "image/jpeg", cacheControl: "private, max-age=600", customTimeMs };
    const made = await processed.create(object, bytes, write);
    assert.ok(made.created);
    const { generation } = made;
    const renditions = [{ ...readyRendition, object, generation }];
    const described = { generation: facts.generation, sha256, ref: reference };
    const manifest = manifestOf(ref, { ...described, renditions });
    await processed.create(manifestName(ref), manifest, {
      ...write,
      contentType: "application/json",
    });
  }
}

/** An id of now that no other test has. */
export function newImageId(): string {
  return firstImageIdOf(Date.now()).slice(0, -12) + crypto.randomUUID().slice(-12);
}

/** Sends a worker a request with a token, where its headers hold no other. */
export async function askWorker(
  { url }: Pick<LocalWorker, "url">,
  line: string,
  { token, ...init }: RequestInit & { readonly token: string },
): Promise<Response> {
  const [method = "GET", path = "/"] = line.split(" ");
  const headers = new Headers(init.headers);
  if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${token}`);
  return await fetch(new URL(path, url), { ...init, method, headers });
}

const WINDOW_MS = 60_000;
const ROOM_MS = 5_000;
const TURNS = 3;

/**
 * Runs `work` within one window of the rate limits, which begin with the minute: where the minute turned meanwhile it
 * runs again, at most three times. Its turn is given to it, so that it counts for somebody new.
 */
export async function inOneWindow<T>(work: (turn: number) => Promise<T>): Promise<T> {
  for (let turn = 1;; turn++) {
    const leftMs = WINDOW_MS - Date.now() % WINDOW_MS;
    if (leftMs < ROOM_MS) await new Promise((resolve) => setTimeout(resolve, leftMs + 100));
    const window = Math.floor(Date.now() / WINDOW_MS);
    const result = await work(turn);
    if (Math.floor(Date.now() / WINDOW_MS) === window || turn === TURNS) return result;
  }
}
