import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  asRoot,
  type Image,
  imageOf,
  makeRoot,
  missingFor,
  type Root,
  runImage,
  stagesOf,
} from "./image.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HEALTHY_MS = 90_000;
/** Cloud Run kills ten seconds after SIGTERM; a machine that tests run on beside it has more. */
const DRAINED_MS = 20_000;
const RENDERED_MS = 60_000;
/** What native code tries in `processor/testing/native_attempts.ts`. */
const ATTEMPTS = 27;
const TESTING = "processor/testing";
/** What `deno task pipeline new` writes: a pipeline of its own, from outside of what the Dockerfile copies. */
const PACKAGE = join(ROOT, "processor/pipelines/template");
const KEEPER_COMMAND = "infra/terraform/modules/contract/keeper_command.json";
/** Of an instance, by infra/terraform/variables.tf. */
const MEMORY_MIB = 3_072;
/** What both services of the processor's image read. */
const SERVER_ENV = {
  RAW_BUCKET: "tintype-raw",
  PROCESSED_BUCKET: "tintype-processed",
  ERASURES_BUCKET: "tintype-erasures",
  CONFIG_BUCKET: "tintype-config",
  GOOGLE_CLOUD_PROJECT: "tintype-local",
  AUDIENCE: "http://localhost:8080",
} as const;
const skip = await missingFor(0);
const memoryMib = await missingFor(MEMORY_MIB) === false ? MEMORY_MIB : 0;

test(
  "containers run within the memory of an instance",
  { skip: await missingFor(64) },
  async () => {
    await using root = await makeRoot([]);
    await asRoot("cp", process.execPath, join(root.path, "usr/local/bin/node"));
    const command = ["node", "-e", "Buffer.alloc(300 * 2 ** 20, 1)"];
    const image = { ...imageOf([]), user: "65532:65532", command };
    for (const [memory, code] of [[512, 0], [128, 1]] as const) {
      assert.deepEqual(await once(runImage(root, image, memory), "exit"), [code, null]);
    }
  },
);

for (const part of ["processor", "kafka-bridge"] as const) {
  test(`${part}/Dockerfile pins its bases by digest, ends without a shell, runs nothing there and nobody's is its user`, async () => {
    const stages = stagesOf(await readFile(join(ROOT, part, "Dockerfile"), "utf8"));
    for (const { base } of stages) assert.match(base, /^[a-z]+$|@\$\{\w+_DIGEST\}$/);
    const { base = "", lines = [] } = stages.at(-1) ?? {};
    assert.match(base, /^gcr\.io\/distroless\/cc-debian12:nonroot@/);
    assert.ok(!lines.some(([name]) => name === "RUN"));
    const { user, command } = imageOf(stages);
    assert.match(user, /^[1-9]\d+:[1-9]\d+$/);
    assert.ok(command.length > 1);
  });
}

test(
  "the processor's image renders, also with a pipeline's package, holds native code, and is with another command a keeper; both are healthy and drain",
  { skip },
  async (t) => {
    const port = await freePort();
    const stages = stagesOf(await readOnPort("processor/Dockerfile", port));
    const image = imageOf(stages);
    await using root = await makeRoot(stages, PACKAGE);
    assert.equal(await writable(root, image), "");
    await renders(root, image);
    const identity = { name: "template", version: "0.1.0" };
    await renders(root, image, { module: "../../pipeline/pipeline.ts", pipeline: identity });
    await holdsNativeCode(root, image);
    if (memoryMib === 0) t.diagnostic("without a limit of memory, which this machine cannot set");
    const push = { PUSH_SERVICE_ACCOUNT: "push@tintype-local.iam.gserviceaccount.com" };
    await livesAndDrains(root, withEnv(image, { ...SERVER_ENV, ...push }), port);
    const command: string[] = JSON.parse(await readOnPort(KEEPER_COMMAND, port));
    const { privateKey } = generateKeyPairSync("ed25519");
    const keeper = {
      PSEUDONYM_KEYS: JSON.stringify({ 1: "0".repeat(64) }),
      CERTIFICATE_KEY: String(privateKey.export({ type: "pkcs8", format: "pem" })),
      CERTIFICATES_BUCKET: "tintype-certificates",
      SCHEDULER_SERVICE_ACCOUNT: "scheduler@tintype-local.iam.gserviceaccount.com",
      KEEPER_SERVICE_ACCOUNT: "keeper@tintype-local.iam.gserviceaccount.com",
    };
    await livesAndDrains(root, withEnv({ ...image, command }, { ...SERVER_ENV, ...keeper }), port);
  },
);

test("the bridge's image is healthy and drains", { skip }, async () => {
  const port = await freePort();
  const stages = stagesOf(await readOnPort("kafka-bridge/Dockerfile", port));
  const image = imageOf(stages);
  await using root = await makeRoot(stages);
  assert.equal(await writable(root, image), "");
  const env = {
    KAFKA_BROKERS: "127.0.0.1:9",
    KAFKA_CLUSTER: "local",
    KAFKA_TOPICS: "images",
    KAFKA_DEAD_LETTER_TOPIC: "images.dlq",
    KAFKA_GROUP: "tintype-bridge",
    RAW_BUCKET: "tintype-raw",
    CONFIG_BUCKET: "tintype-config",
    RECORDS_TOPIC: "tintype-images",
    GOOGLE_CLOUD_PROJECT: "tintype-local",
    PSEUDONYM_KEYS: JSON.stringify({ 1: "0".repeat(64) }),
  };
  await livesAndDrains(root, withEnv(image, env), port);
});

/** A file with another port than the image's. */
async function readOnPort(path: string, port: number): Promise<string> {
  return (await readFile(join(ROOT, path), "utf8")).replaceAll(/\b808[01]\b/g, String(port));
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

function withEnv(image: Image, env: Readonly<Record<string, string>>): Image {
  return { ...image, env: { ...image.env, ...env } };
}

/** What the image's user may write of its files, by their modes: Cloud Run's root is no read-only one. */
async function writable(root: Root, { user }: Image): Promise<string> {
  const [uid, gid] = user.split(":");
  const as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  const found = await asRoot(...as, "find", root.path, "-writable", "-not", "-type", "l");
  return found.trim();
}

/** Runs a program in place of the server on a picture; returns what it printed. */
async function printed(root: Root, image: Image, command: readonly string[], code = 0) {
  const program = runImage(root, { ...image, command }, 0);
  const output = outputOf(program);
  program.stdin?.end(await readFile(join(ROOT, "docs/images/example_large.jpg")));
  const ended = await once(program, "close", { signal: AbortSignal.timeout(RENDERED_MS) });
  assert.deepEqual(ended, [code, null], output());
  return output();
}

function outputOf({ stdout, stderr }: ReturnType<typeof runImage>): () => string {
  let output = "";
  for (const stream of [stdout, stderr]) stream?.on("data", (text) => output += String(text));
  return () => output;
}

/** Runs a pixel pool with the server's own permissions. */
async function renders(
  root: Root,
  image: Image,
  { module, ...identity }: { readonly module?: string; readonly pipeline?: object } = {},
): Promise<void> {
  const pool = [...image.command.slice(0, -1), `${TESTING}/hostile_pool.ts`, module ?? []].flat();
  assert.deepEqual(JSON.parse(await printed(root, image, pool)), {
    renditions: ["large", "medium", "thumb"],
    ...identity,
  });
}

/**
 * Makes the attempts of `native_attempts.ts`: none succeeds in a pixel process; without Landlock files that everybody may
 * read are read; without seccomp no process starts; without a sandbox every one succeeds, so that each is a real one.
 */
async function holdsNativeCode(root: Root, image: Image): Promise<void> {
  const server = createHttpServer((_, response) => response.end('{"access_token":"ya29"}'));
  await once(server.listen(0, "127.0.0.1"), "listening");
  await using undo = new AsyncDisposableStack();
  undo.defer(() => void server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const readable = "/usr/local/bin/readable_deno";
  const bin = join(root.path, "usr/local/bin");
  await asRoot("install", "--mode=0755", join(bin, "deno"), join(root.path, readable));
  // An attempt starts it.
  await asRoot("cp", "/bin/true", join(root.path, "bin/true"));
  const without = (call: string) => [
    ...["/usr/local/bin/deno", "run", "--allow-ffi", `${TESTING}/without_call.ts`, call],
  ];
  const pool = [
    ...["/usr/local/bin/deno", ...image.command.slice(1, -1), `${TESTING}/hostile_pool.ts`],
    `native_attempts.ts?${address.port}`,
  ];
  const reached = async (command: string[]) =>
    JSON.parse(await printed(root, image, command)).detail;
  assert.equal(await reached(pool), "reached: ");
  const files = "reached: any file, any file by another thread, any folder";
  assert.equal(await reached([...without("landlock_create_ruleset"), ...pool]), files);
  const refused = await printed(root, image, [...without("seccomp"), ...pool], 1);
  assert.match(refused, /the kernel does not hold it/);
  const bare = [readable, "run", "--allow-all", `${TESTING}/native_attempts.ts`, `${address.port}`];
  assert.equal((await printed(root, image, bare)).split(", ").length, ATTEMPTS);
}

async function livesAndDrains(root: Root, image: Image, port: number): Promise<void> {
  const server = runImage(root, image, memoryMib);
  const output = outputOf(server);
  const ended = once(server, "exit", { signal: AbortSignal.timeout(HEALTHY_MS + DRAINED_MS) });
  const until = Date.now() + HEALTHY_MS;
  let isHealthy = false;
  while (!isHealthy && Date.now() < until && server.exitCode === null) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    await response?.body?.cancel();
    isHealthy = response?.status === 200;
    if (!isHealthy) await sleep(200);
  }
  const sentMs = Date.now();
  server.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null], output());
  assert.ok(isHealthy, output());
  assert.ok(Date.now() - sentMs < DRAINED_MS, `drained in ${Date.now() - sentMs} ms`);
}
