/** A copy of the repository in a folder of its own, where a source file can be wrong for a while. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Copies what git knows or would add at `root`, beside its caches, so that packages can be hard links: processes that may
 * read nothing outside of the tree find them there. Caches and `../shared` are symbolic links.
 */
export function copyTree(root: string): string {
  mkdirSync(join(root, ".tintype"), { recursive: true });
  const copy = join(mkdtempSync(join(root, ".tintype/mutate-")), "tree");
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const paths = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0");
  for (const path of paths.filter((path) => path !== "" && existsSync(join(root, path)))) {
    cpSync(join(root, path), join(copy, path));
  }
  // Links within it are relative: those of `@tintype` lead to the copy's own folders.
  execFileSync("cp", ["-al", join(root, "node_modules"), copy]);
  for (const path of [".tintype", "../shared"]) {
    if (existsSync(join(root, path))) symlinkSync(join(root, path), join(copy, path));
  }
  return copy;
}
