import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brokenPromises, recordOf } from "../_stores_testing.ts";
import { FileResumeStore } from "./file_store.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-store-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("FileResumeStore keeps a store's promises, in files that are nobody else's", () =>
  inFolder(async (folder) => {
    const own = join(folder, "deep/uploads");
    assert.deepEqual(await brokenPromises(new FileResumeStore(own)), []);
    assert.equal((await stat(own)).mode & 0o777, 0o700);
    assert.equal((await stat(join(own, "b.json"))).mode & 0o777, 0o600);
  }));

test("FileResumeStore outlives its process, and forgets what is over or was never written to its end", () =>
  inFolder(async (folder) => {
    const before = new FileResumeStore(folder);
    await before.put("kept", recordOf("1"));
    await before.put("over", recordOf("2", -1));
    await writeFile(join(folder, "half.json"), '{"imageId":');
    const after = new FileResumeStore(folder);
    assert.equal((await after.get("kept"))?.imageId, "1");
    assert.equal(await after.get("half"), undefined);
    await after.put("new", recordOf("3"));
    assert.deepEqual((await readdir(folder)).sort(), ["kept.json", "new.json"]);
  }));
