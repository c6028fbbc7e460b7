/** A copy of the repository in a folder of its own, where a source file can be wrong for a while. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Copies what git knows or would add at `root`; packages of others, caches and `../shared` are links. */
export function copyTree(root: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), "tintype-mutate-")), "tree");
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const paths = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0");
  for (const path of paths.filter((path) => path !== "" && existsSync(join(root, path)))) {
    cpSync(join(root, path), join(copy, path));
  }
  mkdirSync(join(copy, "node_modules/@tintype"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules/@tintype"))) {
    symlinkSync(join("../..", name), join(copy, "node_modules/@tintype", name));
  }
  const packages = readdirSync(join(root, "node_modules")).map((name) => `node_modules/${name}`);
  for (const path of [...packages, ".tintype", "../shared"]) {
    const isThere = existsSync(join(copy, path)) || !existsSync(join(root, path));
    if (!isThere) symlinkSync(join(root, path), join(copy, path));
  }
  return copy;
}
