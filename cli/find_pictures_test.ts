import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findPictures, picturesIn, type UnsentFile } from "./find_pictures.ts";
import { shownJson, shownText } from "./shown_text.ts";

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
  await assert.rejects(
    findPictures([path]),
    /notes\.txt: it holds no picture \(looked for JPEG PNG/,
  );
  await assert.rejects(findPictures([join(folder, "empty")]), /empty: it holds no picture/);
  await assert.rejects(findPictures([join(folder, "nothing")]), /nothing: it does not exist/);
});

test("the bytes say what a picture is, whatever its name says or does not", async () => {
  await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-pictures-"));
  const heads = {
    "jpeg.png": "\xff\xd8\xff\xe0",
    "webp.jpg": "RIFF\0\0\0\0WEBP",
    "heic.jpg": "\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "gif.txt": "GIF89a",
    "bare": "II*\0",
  };
  for (const [name, head] of Object.entries(heads)) {
    await writeFile(join(temp.path, name), head, "latin1");
  }
  const found = await findPictures([temp.path]);
  const types = found.map(({ name, contentType }) => `${name} ${contentType}`);
  assert.deepEqual(types, [
    "bare image/tiff",
    "gif.txt image/gif",
    "heic.jpg image/heic",
    "jpeg.png image/jpeg",
    "webp.jpg image/webp",
  ]);
});

test("what cannot be read is named, and no name reaches a terminal that would act on it", async () => {
  await using temp = await mkdtempDisposable(join(tmpdir(), "tintype-pictures-"));
  const odd = Buffer.concat([
    Buffer.from(`${temp.path}/caf`),
    Buffer.from([0xe9]),
    Buffer.from(".jpg"),
  ]);
  await writeFile(join(temp.path, "red\u001b[31m\u009b.jpg"), "1");
  // Deno cannot name it either.
  const isNode = !("Deno" in globalThis);
  if (isNode) await writeFile(odd, "1");
  const unsent: UnsentFile[] = [];
  const found = await findPictures([temp.path], { onUnsent: (file) => unsent.push(file) });
  const [name = ""] = found.map(({ name }) => name);
  assert.equal(shownText(name), "red\\u001b[31m\\u009b.jpg");
  assert.equal(shownJson([name]), '["red\\u001b[31m\\u009b.jpg"]');
  const expected = { name: "caf\ufffd.jpg", reason: "its name is not UTF-8: rename it" };
  assert.deepEqual(unsent, isNode ? [expected] : []);
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
