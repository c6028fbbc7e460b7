import { UsageError } from "@tintype/cli/usage_error";
import {
  type Picture,
  PICTURE_EXTENSIONS,
  picturesIn,
} from "@tintype/client/command/find_pictures";
import { stat } from "node:fs/promises";
import { basename } from "node:path";

export type { Picture };

/** The pictures in a folder and below, by name. Throws UsageError where there is no such folder or no picture in it. */
export async function findPictures(folder: string): Promise<Picture[]> {
  const facts = await stat(folder).catch(() => null);
  if (facts === null) throw new UsageError(`Cannot send pictures as there is no folder ${folder}`);
  if (!facts.isDirectory()) {
    throw new UsageError(`Cannot send pictures as ${basename(folder)} is not a folder`);
  }
  const pictures = await picturesIn(folder);
  if (pictures.length > 0) return pictures;
  throw new UsageError(
    `Cannot send pictures as there is none in ${folder} (looked for ${
      PICTURE_EXTENSIONS.join(" ")
    })`,
  );
}
