import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findPictures, picturesIn } from "./find_pictures.ts";

test("findPictures() takes folders and files, and refuses what holds no picture", async () => {
  await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-pictures-"));
  const folder = temp.path;
  await mkdir(join(folder, "deep"));
  await mkdir(join(folder, "empty"));
  const files = { "b.PNG": "12", "a.jpg": "1", "notes.txt": "123", "deep/c.heic": "1234" };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const found = await findPictures([folder]);
  assert.deepEqual(found.map(({ name, bytes, contentType }) => [name, bytes, contentType]), [
    ["a.jpg", 1, "image/jpeg"],
    ["b.PNG", 2, "image/png"],
    ["deep/c.heic", 4, "image/heic"],
  ]);
  const path = join(folder, "notes.txt");
  assert.deepEqual(await findPictures([path], { anyFile: true }), [
    { path, name: "notes.txt", bytes: 3, contentType: "application/octet-stream" },
  ]);
  await assert.rejects(findPictures([path]), /notes\.txt: it holds no picture \(looked for \.jpg/);
  await assert.rejects(findPictures([join(folder, "empty")]), /empty: it holds no picture/);
  await assert.rejects(findPictures([join(folder, "nothing")]), /nothing: it does not exist/);
});

test("picturesIn() takes files and links to files, and no link that leads nowhere, to a folder or in a circle", async () => {
  await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-pictures-"));
  const folder = temp.path;
  await mkdir(join(folder, "below"));
  await writeFile(join(folder, "below/a.JPG"), "1234");
  await writeFile(join(folder, "notes.txt"), "no picture");
  await symlink("below/a.JPG", join(folder, "link.jpg"));
  await symlink("gone.jpg", join(folder, "nowhere.jpg"));
  await symlink("below", join(folder, "folder.jpg"));
  await symlink("..", join(folder, "below/circle"));
  await symlink("itself.jpg", join(folder, "itself.jpg"));
  const found = await picturesIn(folder);
  const sizes = Object.fromEntries(found.map(({ name, bytes }) => [name, bytes]));
  assert.deepEqual(sizes, { "below/a.JPG": 4, "link.jpg": 4 });
});
