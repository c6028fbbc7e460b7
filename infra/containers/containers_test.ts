import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseDockerfile, type Stage } from "./dockerfile.ts";
import { ImageProcess, missingUserSwitch, runAsRoot, runAsUser } from "./image_process.ts";
import { replay, type Replayed } from "./replay.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const HEALTHY_MS = 90_000;
/** Both platforms wait 30 s before they kill; a slow machine has more. */
const DRAINED_MS = 60_000;
const RENDERED_MS = 60_000;
/** What native code tries in `processor/testing/native_attempts.ts`. */
const ATTEMPTS = 27;
const TESTING = "processor/testing";
const PARTS = ["processor", "kafka-bridge"] as const;
const KEEPER_COMMAND = "infra/terraform/modules/contract/keeper_command.json";
/** What both services of the processor's image read. */
const SERVER_ENV = {
  RAW_BUCKET: "tintype-raw",
  PROCESSED_BUCKET: "tintype-processed",
  ERASURES_BUCKET: "tintype-erasures",
  CONFIG_BUCKET: "tintype-config",
  GOOGLE_CLOUD_PROJECT: "tintype-local",
  AUDIENCE: "http://localhost:8080",
} as const;
const skip = await missingUserSwitch();

async function stagesOf(part: string, port = 0): Promise<Stage[]> {
  return parseDockerfile(await readOnPort(join(part, "Dockerfile"), port));
}

/** A file with another port than the image's, where one is given. */
async function readOnPort(path: string, port: number): Promise<string> {
  const text = await readFile(join(ROOT, path), "utf8");
  return port === 0 ? text : text.replaceAll(/\b808[01]\b/g, String(port));
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

test(
  "the processor's own lines, run in an empty folder, give a processor that renders, and with another command a keeper; both are healthy and drain as their own user",
  {
    skip,
  },
  async () => {
    const port = await freePort();
    await using built = await build(await stagesOf("processor", port));
    const tmp = join(built.root, "tmp");
    await mkdir(tmp);
    await chmod(tmp, 0o1777);
    assert.deepEqual(await writableFiles(built), [tmp]);
    await renders(built);
    await holdsNativeCode(built);
    const url = `http://127.0.0.1:${port}/healthz`;
    await livesAndDrains(built, {
      url,
      env: {
        ...SERVER_ENV,
        PUSH_SERVICE_ACCOUNT: "push@tintype-local.iam.gserviceaccount.com",
      },
    });
    const command: string[] = JSON.parse(await readOnPort(KEEPER_COMMAND, port));
    await livesAndDrains({ ...built, image: { ...built.image, command } }, {
      url,
      env: {
        ...SERVER_ENV,
        CERTIFICATES_BUCKET: "tintype-certificates",
        SCHEDULER_SERVICE_ACCOUNT: "scheduler@tintype-local.iam.gserviceaccount.com",
        KEEPER_SERVICE_ACCOUNT: "keeper@tintype-local.iam.gserviceaccount.com",
      },
    });
  },
);

test(
  "the bridge's own lines, run in an empty folder, give a bridge that lives and drains as its own user, with nothing to write to",
  {
    skip,
  },
  async () => {
    const port = await freePort();
    await using built = await build(await stagesOf("kafka-bridge", port));
    assert.deepEqual(await writableFiles(built), []);
    await livesAndDrains(built, {
      url: `http://127.0.0.1:${port}/healthz`,
      env: {
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
      },
    });
  },
);

/** An image's files, and what runs in them. */
interface Built extends AsyncDisposable {
  readonly image: Replayed;
  readonly folder: string;
  /** What the image sees as `/`. */
  readonly root: string;
}

/** Replays the stages in a folder that other users may enter, and adds what the base images bring. */
async function build(stages: readonly Stage[]): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-container-"));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => runAsRoot(["rm", "-rf", folder]));
  await chmod(folder, 0o755);
  const replayed = await replay(stages, { context: ROOT, folder });
  const root = join(replayed.cwd, "..");
  const bin = join(root, "usr/local/bin");
  await mkdir(bin, { recursive: true });
  if (replayed.command[0] === "node") await copyFile(process.execPath, join(bin, "node"));
  const env = { PATH: `${bin}:/usr/bin:/bin`, ...replayed.env };
  const kept = undo.move();
  const dispose = () => kept.disposeAsync();
  return { image: { ...replayed, env }, folder, root, [Symbol.asyncDispose]: dispose };
}

/** What the image's user may write, of all that is in the image. */
async function writableFiles({ image, root }: Built): Promise<string[]> {
  const found = await runAsUser(image, ["find", root, "-writable", "-not", "-type", "l"]);
  return found.split("\n").filter((path) => path !== "");
}

/** Runs a program in place of the server, as the image's user and with its variables, on a picture; returns what it printed. */
async function printed({ image, folder }: Built, command: string[], code = 0): Promise<string> {
  await using program = new ImageProcess({ ...image, command }, folder);
  program.child.stdin?.end(await readFile(join(ROOT, "docs/images/example_large.jpg")));
  const ended = await once(program.child, "close", { signal: AbortSignal.timeout(RENDERED_MS) });
  assert.deepEqual(ended, [code, null], program.output);
  return program.output;
}

/** Runs a pixel pool with the server's own permissions. */
async function renders(built: Built): Promise<void> {
  const pool = [...built.image.command.slice(0, -1), `${TESTING}/hostile_pool.ts`];
  assert.deepEqual(JSON.parse(await printed(built, pool)), {
    renditions: ["large", "medium", "thumb"],
  });
}

/**
 * Makes the attempts of `native_attempts.ts`: none succeeds in a pixel process; without Landlock files that everybody may
 * read are read; without seccomp no process starts; without a sandbox every one succeeds, so that each is a real one.
 */
async function holdsNativeCode(built: Built): Promise<void> {
  const server = createHttpServer((_, answer) => answer.end('{"access_token":"ya29"}'));
  await once(server.listen(0, "127.0.0.1"), "listening");
  await using undo = new AsyncDisposableStack();
  undo.defer(() => void server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const deno = join(built.root, "usr/local/bin/deno");
  const readable = join(built.folder, "readable_deno");
  await runAsRoot(["install", "--mode=0755", deno, readable]);
  const without = (
    call: string,
  ) => [deno, "run", "--allow-ffi", `${TESTING}/without_call.ts`, call];
  const pool = [
    ...[deno, ...built.image.command.slice(1, -1), `${TESTING}/hostile_pool.ts`],
    `native_attempts.ts?${address.port}`,
  ];
  const reached = async (command: string[]) => JSON.parse(await printed(built, command)).detail;
  assert.equal(await reached(pool), "reached: ");
  const files = "reached: any file, any file by another thread, any folder";
  assert.equal(await reached([...without("landlock_create_ruleset"), ...pool]), files);
  const refused = await printed(built, [...without("seccomp"), ...pool], 1);
  assert.match(refused, /the kernel does not hold it/);
  const bare = [readable, "run", "--allow-all", `${TESTING}/native_attempts.ts`, `${address.port}`];
  assert.equal((await printed(built, bare)).split(", ").length, ATTEMPTS);
}

async function livesAndDrains(
  { image, folder }: Built,
  { url, env }: { readonly url: string; readonly env: Readonly<Record<string, string>> },
): Promise<void> {
  await using server = new ImageProcess({ ...image, env: { ...image.env, ...env } }, folder);
  assert.ok(await isHealthy(url, server), server.output);
  const ended = once(server.child, "exit", { signal: AbortSignal.timeout(DRAINED_MS) });
  await server.signal("TERM");
  assert.deepEqual(await ended, [0, null], server.output);
}

async function isHealthy(url: string, server: ImageProcess): Promise<boolean> {
  const until = Date.now() + HEALTHY_MS;
  while (Date.now() < until && !server.hasEnded) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return true;
    await sleep(200);
  }
  return false;
}
