import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** The files below a running system's data folder whose bytes hold the text. */
export async function runningFiles(dataDir: string, text: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    // One that went meanwhile holds nothing.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.includes(text)) found.push(relative(dataDir, path));
  }
  return found;
}
