import { t0OfImageId } from "@tintype/core/model/image_id";
import { manifestName, rawName } from "@tintype/core/model/object_name";
import { parseManifest } from "@tintype/core/model/manifest";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { PUSH_ACCOUNT, pushBody, SCHEDULER_ACCOUNT } from "./_app_fixture.ts";
import { BigQueryRowSink } from "./adapters/bigquery_row_sink.ts";
import { createBigQueryClient } from "./adapters/bigquery_client.ts";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { denoFlags, GOOGLE_HOSTS } from "./permissions.ts";
import { PROCESS_AUDIENCE, spawnProcessor } from "./testing/spawn_processor.ts";

describe("the processor as a process with its own permissions only", () => {
  let storage: Emulator;
  let bigquery: Emulator;
  let oidc: Emulator;
  let processor: Deno.ChildProcess;
  let url: string;
  let output: () => Promise<string>;

  before(async () => {
    [storage, bigquery, oidc] = await Promise.all([
      startEmulator("storage"),
      startEmulator("bigquery"),
      startEmulator("oidc"),
    ]);
    processor = spawnProcessor({
      STORAGE_ENDPOINT: storage.url,
      BIGQUERY_ENDPOINT: bigquery.url,
      OIDC_JWKS_URL: `${oidc.url}/google/certs`,
    });
    const [own, rest] = processor.stdout.pipeThrough(new TextDecoderStream()).tee();
    output = async () => (await Array.fromAsync(rest)).join("");
    url = JSON.parse(await firstLine(own)).url;
  });
  after(async () => {
    try {
      processor.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await processor.status;
    await Promise.all([storage, bigquery, oidc].map((emulator) => emulator.stop()));
  });

  test("is ready when it listens", async () => {
    const answer = await fetch(`${url}/healthz`);
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
  });

  test("makes renditions, a row and a manifest of a picture, and a certificate of a sweep", async () => {
    const raw = storeOf("tintype-raw");
    const processed = storeOf("tintype-processed");
    const ref = sampleRef();
    await raw.create(rawName(ref), await picture(), {
      contentType: "image/jpeg",
      customTimeMs: t0OfImageId(ref.imageId),
      metadata: { source: "edge" },
    });
    assert.equal((await call("/events/storage", PUSH_ACCOUNT, pushBody(rawName(ref)))).status, 204);
    const manifest = parseManifest(await processed.read(manifestName(ref)) ?? new Uint8Array());
    assert.deepEqual([manifest.status, manifest.renditions.length], ["ready", 3]);
    const swept = await call("/jobs/retention", SCHEDULER_ACCOUNT);
    assert.deepEqual([swept.status, (await swept.json()).n], [200, 1]);
    const client = createBigQueryClient({ projectId: "tintype-local", endpoint: bigquery.url });
    const rows = new BigQueryRowSink(client, { dataset: "tintype", purgesRetentionMs: 1e12 });
    assert.deepEqual(await rows.remove(ref), { state: "removed", rows: 1 });
  });

  test("ends with 0 on SIGTERM and has written JSON lines only", async () => {
    processor.kill("SIGTERM");
    assert.equal((await processor.status).code, 0);
    const events = (await output()).trim().split("\n").map((line) => JSON.parse(line).event);
    assert.deepEqual(events, ["listening", "delivery", "job", "stopping", "stopped"]);
  });

  const storeOf = (bucket: string) => gcsObjectStore({ bucket, endpoint: storage.url });

  async function call(path: string, email: string, body: unknown = {}): Promise<Response> {
    const asked = await fetch(`${oidc.url}/google/token`, {
      method: "POST",
      body: JSON.stringify({ audience: PROCESS_AUDIENCE + path, email }),
    });
    const { id_token } = await asked.json();
    return await fetch(url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${id_token}` },
      body: JSON.stringify(body),
    });
  }
});

test("the processor says in one line which variables are wrong, and ends with 1", async () => {
  const child = spawnProcessor({ RAW_BUCKET: "", PORT: "many" });
  const { code, stderr, stdout } = await child.output();
  assert.equal(code, 1);
  assert.equal(stdout.length, 0);
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^Cannot start the processor: .*PORT.*RAW_BUCKET/);
});

test("the image for Cloud Run runs with the documented permissions", () => {
  const dockerfile = readFileSync(new URL("Dockerfile", import.meta.url), "utf8");
  for (const flag of denoFlags({ denoPath: "/usr/local/bin/deno", hosts: GOOGLE_HOSTS })) {
    assert.ok(dockerfile.includes(JSON.stringify(flag)), flag);
  }
});

async function firstLine(stream: ReadableStream<string>): Promise<string> {
  let text = "";
  for await (const part of stream.values({ preventCancel: true })) {
    text += part;
    if (text.includes("\n")) break;
  }
  return text.slice(0, text.indexOf("\n"));
}

async function picture(): Promise<Uint8Array<ArrayBuffer>> {
  const create = { width: 640, height: 480, channels: 3, background: "#3366cc" } as const;
  return new Uint8Array(await sharp({ create }).jpeg().toBuffer());
}
