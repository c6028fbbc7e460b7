import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeFolder } from "../_testing.ts";
import { installKafka, KAFKA_VERSION } from "./install_kafka.ts";

test("the pom fetches the version that the cache folder is named after", async () => {
  const pom = await readFile(fileURLToPath(new URL("pom.xml", import.meta.url)), "utf8");
  const versions = [...pom.matchAll(/<artifactId>kafka_2\.13<\/artifactId>\s*<version>(.*?)</g)];
  assert.deepEqual(versions.map(([, version]) => version), [KAFKA_VERSION]);
});

test("installKafka() takes what the cache folder holds and fetches nothing", async (t) => {
  const cache = await makeFolder(t);
  const libs = join(cache, `kafka-${KAFKA_VERSION}`);
  await mkdir(libs);
  assert.equal(await installKafka(cache), libs);
  assert.deepEqual(await readdir(libs), []);
});
