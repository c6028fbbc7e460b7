import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openFile } from "./file_source.ts";

test("openFile() reads any part of a file, and fewer bytes beyond its end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-source-"));
  try {
    const path = join(folder, "a.jpg");
    await writeFile(path, "0123456789");
    const file = await openFile(path, { type: "image/jpeg" });
    const text = async (start: number, end: number) =>
      new TextDecoder().decode(await file.read(start, end));
    assert.deepEqual([file.size, file.type], [10, "image/jpeg"]);
    assert.deepEqual([await text(0, 10), await text(3, 5), await text(4, 4)], [
      "0123456789",
      "34",
      "",
    ]);
    assert.equal(await text(8, 12), "89");
    await rm(path);
    await assert.rejects(file.read(0, 1), { code: "ENOENT" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
