import type { PictureType } from "../page_config.ts";

/** What file pickers offer: every image, and the endings that some systems do not know as images. */
export function pickerAccept(types: readonly PictureType[]): string {
  const endings = types.flatMap(({ extensions }) => extensions.map((name) => `.${name}`));
  return ["image/*", ...endings].join(",");
}

/** A type as people call it: `JPEG`, `HEIC`; "File" for what is no image. */
export function shortTypeOf(type: string): string {
  return type.startsWith("image/") ? type.slice(6).toUpperCase() : "File";
}
