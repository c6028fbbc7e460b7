import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { picturesIn } from "./find_pictures.ts";

test("picturesIn() takes files and links to files, and no link that leads nowhere, to a folder or in a circle", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tintype-pictures-"));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "below"));
  await writeFile(join(folder, "below/a.JPG"), "1234");
  await writeFile(join(folder, "notes.txt"), "no picture");
  await symlink("below/a.JPG", join(folder, "link.jpg"));
  await symlink("gone.jpg", join(folder, "nowhere.jpg"));
  await symlink("below", join(folder, "folder.jpg"));
  await symlink("..", join(folder, "below/circle"));
  await symlink("itself.jpg", join(folder, "itself.jpg"));
  const found = await picturesIn(folder);
  assert.deepEqual(found.map(({ name, bytes }) => [name, bytes]), [["below/a.JPG", 4], [
    "link.jpg",
    4,
  ]]);
});
