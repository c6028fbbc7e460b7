import { readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { ALL_MEDIA_TYPES, MEDIA_TYPES, mediaTypeOfName } from "@tintype/core/model/media_type";
import { UsageError } from "./usage_error.ts";

/** A picture to send. */
export interface Picture {
  /** As people see it: its path below the folder, or its file's name. */
  readonly name: string;
  readonly path: string;
  /** Media type by its extension. */
  readonly contentType: string;
  readonly bytes: number;
}

/** What a picture's name ends in. */
const EXTENSIONS = ALL_MEDIA_TYPES.flatMap((type) => MEDIA_TYPES[type].extensions);

/** How to find pictures. */
export interface FindPicturesOptions {
  /** Whether a file that is named is taken whatever its extension is. */
  readonly anyFile?: boolean;
}

/**
 * The pictures of files and folders, those of each folder and below by name. Throws UsageError for a path that does not
 * exist, a file whose extension is no picture's, and a folder without any.
 */
export async function findPictures(
  paths: readonly string[],
  { anyFile = false }: FindPicturesOptions = {},
): Promise<Picture[]> {
  const found: Picture[] = [];
  for (const path of paths) {
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) throw new UsageError(`Cannot send ${path}: it does not exist`);
    const pictures = facts.isDirectory()
      ? await picturesIn(path)
      : pictureOf(path, { name: basename(path), bytes: facts.size }, anyFile);
    if (pictures.length === 0) {
      const looked = EXTENSIONS.map((name) => `.${name}`).join(" ");
      throw new UsageError(`Cannot send ${path}: it holds no picture (looked for ${looked})`);
    }
    found.push(...pictures);
  }
  return found;
}

/** The pictures in a folder and below, by name; none where it is not there. */
export async function picturesIn(folder: string): Promise<Picture[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  const pictures = await Promise.all(paths.map(async (path) => {
    if (mediaTypeOfName(path) === undefined) return [];
    const facts = await stat(path).catch(() => undefined); // it may have gone since, or be a link to nothing
    if (facts?.isFile() !== true) return [];
    return pictureOf(path, { name: relative(folder, path), bytes: facts.size });
  }));
  return pictures.flat().sort((a, b) => a.name < b.name ? -1 : 1);
}

function pictureOf(
  path: string,
  facts: Pick<Picture, "name" | "bytes">,
  anyFile = false,
): Picture[] {
  const contentType = mediaTypeOfName(path) ?? (anyFile ? "application/octet-stream" : undefined);
  return contentType === undefined ? [] : [{ ...facts, path, contentType }];
}
