import { freePort } from "@tintype/cli/free_port";
import { t0OfImageId } from "@tintype/core/model/image_id";
import { manifestName, rawName } from "@tintype/core/model/object_name";
import { parseManifest } from "@tintype/core/model/manifest";
import { CERTIFICATE_KEY } from "@tintype/core/testing/sample_certificate";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { eventually } from "@tintype/core/testing/eventually";
import { type Emulator, startEmulator } from "@tintype/core/testing/start_emulator";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { PUSH_ACCOUNT, pushBody, SCHEDULER_ACCOUNT } from "./_app_fixture.ts";
import { createBigQueryClient } from "./adapters/bigquery_client.ts";
import { gcsObjectStore } from "./adapters/gcs_object_store.ts";
import { denoFlags, GOOGLE_HOSTS } from "./permissions.ts";
import { PROCESS_AUDIENCE, spawnKeeper, spawnProcessor } from "./testing/spawn_processor.ts";

describe("processor and keeper as processes with their own permissions only", () => {
  let storage: Emulator;
  let pubsub: Emulator;
  let bigquery: Emulator;
  let oidc: Emulator;
  let processor: RunningService;
  let keeper: RunningService;
  let keeperAudience: string;

  before(async () => {
    [storage, bigquery, oidc] = await Promise.all([
      startEmulator("storage"),
      startEmulator("bigquery"),
      startEmulator("oidc"),
    ]);
    pubsub = await startEmulator("pubsub", {
      BIGQUERY_URL: bigquery.url,
      PUSH_MIN_BACKOFF_MS: "100",
    });
    const env = {
      STORAGE_ENDPOINT: storage.url,
      PUBSUB_ENDPOINT: pubsub.url,
      OIDC_JWKS_URL: `${oidc.url}/google/certs`,
    };
    // It calls itself, so it must know its address.
    const port = await freePort();
    keeperAudience = `http://localhost:${port}`;
    const keeperEnv = {
      ...{ PORT: String(port), AUDIENCE: keeperAudience, SWEEP_PARTS: "2" },
      BIGQUERY_ENDPOINT: bigquery.url,
      ...{ MONITORING_ENDPOINT: pubsub.url, LOGGING_ENDPOINT: pubsub.url, CERTIFICATE_KEY },
      PSEUDONYM_KEYS: JSON.stringify({ 1: "a".repeat(32) }),
      METADATA_ENDPOINT: oidc.url,
    };
    [processor, keeper] = await Promise.all([
      running(spawnProcessor(env)),
      running(spawnKeeper({ ...env, ...keeperEnv })),
    ]);
  });
  after(async () => {
    await Promise.all([processor, keeper].map((service) => service?.kill()));
    await Promise.all([storage, pubsub, bigquery, oidc].map((emulator) => emulator?.stop()));
  });

  test("both are ready when they listen", async () => {
    for (const { url } of [processor, keeper]) {
      const answer = await fetch(`${url}/healthz`);
      assert.equal(answer.status, 200);
      await answer.body?.cancel();
    }
  });

  test("they make the days, renditions, a manifest and a row of a picture, and a certificate", async () => {
    assert.equal((await call(keeper, "/jobs/days", SCHEDULER_ACCOUNT)).ahead, 8);
    const ref = sampleRef();
    await storeOf("tintype-raw").create(rawName(ref), await picture(), {
      contentType: "image/jpeg",
      customTimeMs: t0OfImageId(ref.imageId),
      metadata: { source: "edge" },
    });
    await call(processor, "/events/storage", PUSH_ACCOUNT, pushBody(rawName(ref)));
    const bytes = await storeOf("tintype-processed").read(manifestName(ref));
    const manifest = parseManifest(bytes ?? new Uint8Array());
    assert.deepEqual([manifest.status, manifest.renditions.length], ["ready", 3]);
    const { n, complete } = await call(keeper, "/jobs/sweep", SCHEDULER_ACCOUNT);
    assert.deepEqual([n, complete], [1, true], "its other part was swept by a call");
    const since = { since: new Date(0).toISOString() };
    const repaired = await call(keeper, "/jobs/repair", SCHEDULER_ACCOUNT, since);
    assert.deepEqual([repaired.isAgeKnown, repaired.lookedAt], [true, 1]);
    const client = createBigQueryClient({ projectId: "tintype-local", endpoint: bigquery.url });
    const sql = `SELECT status, content_key FROM tintype.images WHERE image_id = '${ref.imageId}'`;
    const row = await eventually("the row", async () => (await client.query({ sql })).rows[0]);
    assert.equal(row["status"], "ready");
    assert.match(String(row["content_key"]), /^[0-9a-f]{64}$/);
  });

  test("they end with 0 on SIGTERM and have written JSON lines only", async () => {
    assert.deepEqual(await processor.end(), ["listening", "delivery", "stopping", "stopped"]);
    assert.deepEqual(await keeper.end(), [
      ...["listening", "job", "job", "job", "job", "stopping", "stopped"],
    ]);
  });

  const storeOf = (bucket: string) => gcsObjectStore({ bucket, endpoint: storage.url });

  async function call(service: RunningService, path: string, email: string, body: unknown = {}) {
    const audience = service === keeper ? keeperAudience : PROCESS_AUDIENCE;
    const asked = await fetch(`${oidc.url}/google/token`, {
      method: "POST",
      body: JSON.stringify({ audience: audience + path, email }),
    });
    const { id_token } = await asked.json();
    const answer = await fetch(service.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${id_token}` },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
});

/** A service that listens. */
interface RunningService {
  readonly url: string;
  /** Ends it by SIGTERM; returns the events that it has logged. */
  end(): Promise<string[]>;
  kill(): Promise<unknown>;
}

async function running(child: Deno.ChildProcess): Promise<RunningService> {
  const [own, rest] = child.stdout.pipeThrough(new TextDecoderStream()).tee();
  const output = Array.fromAsync(rest);
  const { url } = JSON.parse(await firstLine(own));
  return {
    url,
    async end() {
      child.kill("SIGTERM");
      assert.equal((await child.status).code, 0);
      return (await output).join("").trim().split("\n").map((line) => JSON.parse(line).event);
    },
    async kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      return await child.status;
    },
  };
}

test("the processor says in one line which variables are wrong, and ends with 1", async () => {
  const child = spawnProcessor({ RAW_BUCKET: "", PORT: "many" });
  const { code, stderr, stdout } = await child.output();
  assert.equal(code, 1);
  assert.equal(stdout.length, 0);
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^Cannot start the processor: .*RAW_BUCKET.*PORT/);
});

test("the image for Cloud Run runs with the documented permissions", () => {
  const dockerfile = readFileSync(new URL("Dockerfile", import.meta.url), "utf8");
  const options = { denoPath: "/usr/local/bin/deno", hosts: GOOGLE_HOSTS };
  for (const flag of denoFlags("processor", options)) {
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
