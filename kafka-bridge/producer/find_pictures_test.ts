import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { findPictures } from "./find_pictures.ts";

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-pictures-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "deep"));
  const files = { "b.PNG": "12", "a.jpg": "1", "notes.txt": "123", "deep/c.heic": "1234" };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test("findPictures() finds the pictures of a folder and below, by path, and nothing else", async (t) => {
  const folder = await makeFolder(t);
  const found = await findPictures([folder]);
  assert.deepEqual(found.map(({ name, bytes, contentType }) => [name, bytes, contentType]), [
    ["a.jpg", 1, "image/jpeg"],
    ["b.PNG", 2, "image/png"],
    ["c.heic", 4, "image/heic"],
  ]);
});

test("findPictures() takes a file that is named, whatever it is", async (t) => {
  const path = join(await makeFolder(t), "notes.txt");
  assert.deepEqual(await findPictures([path]), [
    { path, name: "notes.txt", bytes: 3, contentType: "application/octet-stream" },
  ]);
});

test("findPictures() says which path is not there, and where there is no picture", async (t) => {
  const folder = await makeFolder(t);
  await assert.rejects(findPictures([join(folder, "nothing")]), /nothing does not exist/);
  await rm(join(folder, "deep"), { recursive: true });
  await rm(join(folder, "a.jpg"));
  await rm(join(folder, "b.PNG"));
  await assert.rejects(findPictures([folder]), /no picture in/);
});
