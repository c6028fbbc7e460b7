import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseDockerfile, type Stage } from "./dockerfile.ts";
import { replay } from "./replay.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HEALTHY_MS = 90_000;
/** Both platforms wait 30 s before they kill; a slow machine has more. */
const DRAINED_MS = 60_000;
const PARTS = ["processor", "kafka-bridge"] as const;

async function stagesOf(part: string, port = 0): Promise<Stage[]> {
  const text = await readFile(join(ROOT, part, "Dockerfile"), "utf8");
  return parseDockerfile(port === 0 ? text : text.replaceAll(/\b808[01]\b/g, String(port)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

for (const part of PARTS) {
  test(`${part}/Dockerfile pins its bases by digest, has stages, runs as nobody and without a shell`, async () => {
    const stages = await stagesOf(part);
    assert.ok(stages.length >= 2);
    const names = stages.map(({ name }) => name);
    for (const { base } of stages) {
      assert.ok(names.includes(base) || /@\$\{\w+_DIGEST\}$/.test(base), base);
    }
    const image = stages.at(-1)?.instructions ?? [];
    const user = image.findLast(({ name }) => name === "USER")?.text ?? "";
    assert.match(user, /^[1-9]\d+:[1-9]\d+$/);
    const last = image.findLast(({ name }) => name === "ENTRYPOINT" || name === "CMD");
    assert.match(last?.text ?? "", /^\[/, "a list, which needs no shell");
  });
}

test("the processor's own lines, run in an empty folder, give a processor that is healthy and drains", async () => {
  const port = await freePort();
  await livesAndDrains(await stagesOf("processor", port), {
    url: `http://127.0.0.1:${port}/healthz`,
    env: {
      HOST: "0.0.0.0",
      PORT: String(port),
      RAW_BUCKET: "tintype-raw",
      PROCESSED_BUCKET: "tintype-processed",
      CERTIFICATES_BUCKET: "tintype-certificates",
      GOOGLE_CLOUD_PROJECT: "tintype-local",
      PUSH_AUDIENCE: "http://localhost:8080",
      PUSH_SERVICE_ACCOUNT: "push@tintype-local.iam.gserviceaccount.com",
      SCHEDULER_SERVICE_ACCOUNT: "scheduler@tintype-local.iam.gserviceaccount.com",
    },
  });
});

test("the bridge's own lines, run in an empty folder, give a bridge that lives and drains", async () => {
  const port = await freePort();
  await livesAndDrains(await stagesOf("kafka-bridge", port), {
    url: `http://127.0.0.1:${port}/healthz`,
    env: {
      KAFKA_BROKERS: "127.0.0.1:9",
      KAFKA_CLUSTER: "local",
      KAFKA_TOPICS: "images",
      KAFKA_DEAD_LETTER_TOPIC: "images.dlq",
      KAFKA_GROUP: "tintype-bridge",
      RAW_BUCKET: "tintype-raw",
      GOOGLE_CLOUD_PROJECT: "tintype-local",
      PSEUDONYM_KEYS: JSON.stringify(["0".repeat(64)]),
      TENANT_PLANS: JSON.stringify({ kafkaTopics: { images: { tenant: "stream" } } }),
    },
  });
});

async function livesAndDrains(
  stages: readonly Stage[],
  { url, env }: { readonly url: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-container-"));
  let child: ChildProcess | undefined;
  let output = "";
  try {
    const image = await replay(stages, { context: ROOT, folder });
    const [program = "", ...args] = image.command;
    const path = `${join(image.cwd, "../usr/local/bin")}:${join(process.execPath, "..")}`;
    child = spawn(program, args, { cwd: image.cwd, env: { PATH: path, ...image.env, ...env } });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (text: unknown) => output += String(text));
    }
    child.on("error", (error) => output += String(error));
    assert.ok(await isHealthy(url, child), output);
    const ended = once(child, "exit", { signal: AbortSignal.timeout(DRAINED_MS) });
    child.kill("SIGTERM");
    assert.deepEqual(await ended, [0, null], output);
  } finally {
    if (child?.pid !== undefined && child.exitCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function isHealthy(url: string, child: ChildProcess): Promise<boolean> {
  const until = Date.now() + HEALTHY_MS;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return true;
    await sleep(200);
  }
  return false;
}
