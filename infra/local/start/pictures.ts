import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { UsageError } from "./options.ts";

/** A picture to send. */
export interface Picture {
  /** As people see it: its path below the folder. */
  readonly name: string;
  readonly path: string;
  readonly contentType: string;
}

/** What a file's extension declares. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".gif": "image/gif",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
  ".heic": "image/heic",
  ".heif": "image/heif",
};

/** The pictures in a folder and below, by name. Throws UsageError where there is no such folder or no picture in it. */
export async function findPictures(folder: string): Promise<Picture[]> {
  const facts = await stat(folder).catch(() => null);
  if (facts === null) throw new UsageError(`Cannot send pictures as there is no folder ${folder}`);
  if (!facts.isDirectory()) {
    throw new UsageError(`Cannot send pictures as ${basename(folder)} is not a folder`);
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const pictures = entries.filter((entry) => entry.isFile()).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const contentType = CONTENT_TYPES[extname(entry.name).toLowerCase()];
    return contentType === undefined ? [] : [{ name: relative(folder, path), path, contentType }];
  });
  if (pictures.length > 0) return pictures.sort((a, b) => a.name < b.name ? -1 : 1);
  const types = Object.keys(CONTENT_TYPES).join(" ");
  throw new UsageError(`Cannot send pictures as there is none in ${folder} (looked for ${types})`);
}
