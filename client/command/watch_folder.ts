import { type Picture, picturesIn, type UnsentFile } from "@tintype/cli/find_pictures";
import { sleep } from "@tintype/gcs/signals";
import type { SentList } from "./sent_list.ts";

/** What watching needs. */
export interface WatchOptions {
  readonly list: Pick<SentList, "get">;
  readonly signal: AbortSignal;
  readonly onUnsent?: ((file: UnsentFile) => void) | undefined;
  /** Between two looks, in milliseconds; a file is whole when two looks find the same size. */
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;

/** Yields each new picture of a folder and below as soon as it no longer grows, until the signal is aborted. */
export async function* watchFolder(
  folder: string,
  { list, signal, onUnsent, everyMs = EVERY_MS }: WatchOptions,
): AsyncGenerator<Picture> {
  const taken = new Set<string>();
  const named = new Set<string>();
  const nameOnce = (file: UnsentFile) => {
    if (!named.has(file.name)) onUnsent?.(file);
    named.add(file.name);
  };
  let sizes = new Map<string, number>();
  while (!signal.aborted) {
    const pictures = await picturesIn(folder, { known: taken, onUnsent: nameOnce });
    for (const picture of pictures) {
      const isWhole = picture.bytes > 0 && sizes.get(picture.path) === picture.bytes;
      if (!isWhole || taken.has(picture.path) || await list.get(picture)) continue;
      taken.add(picture.path);
      yield picture;
    }
    sizes = new Map(pictures.map(({ path, bytes }) => [path, bytes]));
    await sleep(everyMs, signal).catch(() => undefined); // the loop looks whether it is over
  }
}
