import { open, stat } from "node:fs/promises";
import type { UploadSource } from "../upload_source.ts";

/** Opens a file of this machine to be uploaded; each part is read when it is sent. Throws what `stat` throws. */
export async function openFile(
  path: string,
  { type }: { readonly type: string },
): Promise<UploadSource> {
  const { size } = await stat(path);
  return { size, type, read: (start, end) => readPart(path, { start, end }) };
}

/** The bytes from `start` up to `end`, fewer where the file ends before. */
async function readPart(
  path: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  const file = await open(path);
  try {
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
