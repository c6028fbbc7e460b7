import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { installKafka, KAFKA_VERSION } from "./install_kafka.ts";

test("the pom fetches the version that the cache folder is named after", async () => {
  const pom = await readFile(fileURLToPath(new URL("pom.xml", import.meta.url)), "utf8");
  const versions = [...pom.matchAll(/<artifactId>kafka_2\.13<\/artifactId>\s*<version>(.*?)</g)];
  assert.deepEqual(versions.map(([, version]) => version), [KAFKA_VERSION]);
});

test("installKafka() takes what the cache folder holds and fetches nothing", async (t) => {
  const cache = await mkdtemp(join(tmpdir(), "tintype-cache-"));
  t.after(() => rm(cache, { recursive: true, force: true }));
  const libs = join(cache, `kafka-${KAFKA_VERSION}`);
  await mkdir(libs);
  const startedMs = performance.now();
  assert.equal(await installKafka(cache), libs);
  assert.ok(performance.now() - startedMs < 1_000);
});
