import { open, readdir, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import {
  ALL_MEDIA_TYPES,
  MEDIA_TYPES,
  mediaTypeOfName,
  SNIFF_BYTES,
  sniffMediaType,
} from "@tintype/core/model/media_type";
import { shownText } from "./shown_text.ts";
import { UsageError } from "./usage_error.ts";

/** A picture to send. */
export interface Picture {
  /** Its path below the folder, or its file's name: to be shown by `shownText` alone. */
  readonly name: string;
  readonly path: string;
  /** Media type by its first bytes; by its name where they are no picture's. */
  readonly contentType: string;
  readonly bytes: number;
}

/** What was given and cannot be sent. */
export interface UnsentFile {
  readonly name: string;
  /** Holds the name, too, where the system says why. */
  readonly reason: string;
}

/** How to find pictures. */
export interface FindPicturesOptions {
  /** Whether a file that is named is taken whatever it is. */
  readonly anyFile?: boolean;
  /** What the command does with them, for its errors: `send`. */
  readonly act?: string;
  /** Called with each file and folder that cannot be read. */
  readonly onUnsent?: ((file: UnsentFile) => void) | undefined;
}

/** What {@link picturesIn} takes beside the folder. */
interface PicturesInOptions extends Pick<FindPicturesOptions, "onUnsent"> {
  /** Files that need no look any more. */
  readonly known?: ReadonlySet<string>;
}

const LABELS = ALL_MEDIA_TYPES.map((type) => MEDIA_TYPES[type].label).join(" ");

/**
 * The pictures of files and folders, those of each folder and below by name. Throws UsageError for a path that does not
 * exist, a file that is no picture by bytes or name, and a folder without any.
 */
export async function findPictures(
  paths: readonly string[],
  { anyFile = false, act = "send", onUnsent }: FindPicturesOptions = {},
): Promise<Picture[]> {
  const found: Picture[] = [];
  for (const path of paths) {
    const facts = await stat(path).catch(() => undefined);
    const shown = shownText(path);
    if (facts === undefined) throw new UsageError(`Cannot ${act} ${shown}: it does not exist`);
    let unsent = 0;
    const count = (file: UnsentFile) => (unsent++, onUnsent?.(file));
    const pictures = facts.isDirectory()
      ? await picturesIn(path, { onUnsent: count })
      : [await pictureAt(path, basename(path), anyFile)].filter((each) => each !== undefined);
    if (pictures.length === 0 && (unsent === 0 || onUnsent === undefined)) {
      throw new UsageError(`Cannot ${act} ${shown}: it holds no picture (looked for ${LABELS})`);
    }
    found.push(...pictures);
  }
  return found;
}

/** The pictures in a folder and below, by name; none where it is not there. Links to files are followed. */
export async function picturesIn(
  folder: string,
  { onUnsent = () => undefined, known = new Set() }: PicturesInOptions = {},
): Promise<Picture[]> {
  const found: Picture[] = [];
  const look = async (path: string, name: string, isFolder: boolean) => {
    try {
      if (isFolder) return await walk(path);
      const picture = known.has(path) ? undefined : await pictureAt(path, name);
      if (picture !== undefined) found.push(picture);
    } catch (error) {
      // Not UTF-8: another name than the file's is all that a program gets to see.
      const isMangled = name.includes("\ufffd");
      if (!isMangled && isMissing(error)) return; // gone since, or a link to nothing
      const reason = isMangled ? "its name is not UTF-8: rename it" : messageOf(error);
      if (isMangled || isFolder || mediaTypeOfName(name) !== undefined) {
        onUnsent({ name, reason });
      }
    }
  };
  const walk = async (path: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isSymbolicLink() && !entry.isDirectory()) continue;
      const inner = join(path, entry.name);
      await look(inner, relative(folder, inner), entry.isDirectory());
    }
  };
  await look(folder, basename(folder), true);
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** A file as a picture: what its bytes say, then its name; undefined where neither is a picture's. */
async function pictureAt(
  path: string,
  name: string,
  anyFile = false,
): Promise<Picture | undefined> {
  const facts = await stat(path);
  if (!facts.isFile()) return undefined;
  const contentType = sniffMediaType(await headOf(path)) ?? mediaTypeOfName(path) ??
    (anyFile ? "application/octet-stream" : undefined);
  if (contentType === undefined) return undefined;
  return { name, path, contentType, bytes: facts.size };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ELOOP";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
