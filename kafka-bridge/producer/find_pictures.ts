import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { UsageError } from "@tintype/cli/usage_error";
import { mediaTypeOfName } from "@tintype/core/model/media_type";

/** A file that is to become a record. */
export interface PictureFile {
  readonly path: string;
  /** Without its folder. */
  readonly name: string;
  readonly bytes: number;
  readonly contentType: string;
}

/**
 * The pictures of each folder and below, by path; a file stands for itself, whatever it is.
 * Throws UsageError where a path is not there or nothing is found.
 */
export async function findPictures(paths: readonly string[]): Promise<PictureFile[]> {
  const found: PictureFile[] = [];
  for (const path of paths) found.push(...await picturesOf(path));
  if (found.length > 0) return found;
  throw new UsageError(`Cannot run produce: no picture in ${paths.join(", ")}`);
}

async function picturesOf(path: string): Promise<PictureFile[]> {
  const facts = await stat(path).catch(() => null);
  if (facts === null) throw new UsageError(`Cannot run produce: ${path} does not exist`);
  if (!facts.isDirectory()) return [pictureOf(path, facts.size)];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && mediaTypeOfName(entry.name) !== undefined)
    .map((entry) => join(entry.parentPath, entry.name)).sort();
  return await Promise.all(files.map(async (file) => pictureOf(file, (await stat(file)).size)));
}

function pictureOf(path: string, bytes: number): PictureFile {
  const contentType = mediaTypeOfName(path) ?? "application/octet-stream";
  return { path, name: basename(path), bytes, contentType };
}
