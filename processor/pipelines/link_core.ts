import { lstat, mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const CORE = fileURLToPath(new URL("../../core", import.meta.url));

/**
 * Lets a package outside of the tree import `@tintype/core`: by a link in its `node_modules`, made anew where it leads
 * elsewhere (`npm install` removes it). A folder below this project's finds it without one.
 */
export async function linkCore(folder: string): Promise<void> {
  if (join(folder, "/").startsWith(join(dirname(CORE), "/"))) return;
  const link = join(folder, "node_modules/@tintype/core");
  const isLinked = await readlink(link).then((target) => target === CORE, () => false);
  if (isLinked) return;
  const isThere = await lstat(link).then(() => true, () => false);
  if (isThere) await rm(link, { recursive: true });
  await mkdir(dirname(link), { recursive: true });
  await symlink(CORE, link);
}
