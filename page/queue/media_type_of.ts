import { HEAD_BYTES, pictureTypeOf } from "@tintype/client/picture_type";
import type { PictureType } from "../page_config.ts";

/** What file pickers offer: every image, and the endings that some systems do not know as images. */
export function pickerAccept(types: readonly PictureType[]): string {
  const endings = types.flatMap(({ extensions }) => extensions.map((name) => `.${name}`));
  return ["image/*", ...endings].join(",");
}

/** A file's media type: its first bytes', else the browser's or by the ending of its name; empty where none is known. */
export async function mediaTypeOf(file: File, types: readonly PictureType[]): Promise<string> {
  const head = await file.slice(0, HEAD_BYTES).arrayBuffer().catch(() => new ArrayBuffer());
  const found = pictureTypeOf(new Uint8Array(head));
  const { name, type } = file;
  if (found !== undefined || type !== "") return found ?? type;
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return types.find(({ extensions }) => extensions.includes(ending))?.type ?? "";
}

/** A type as people call it: `JPEG`, `HEIC`; "File" for what is no image. */
export function shortTypeOf(type: string): string {
  return type.startsWith("image/") ? type.slice(6).toUpperCase() : "File";
}
