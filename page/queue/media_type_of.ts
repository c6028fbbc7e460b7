const TYPE_OF: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  avif: "image/avif",
  gif: "image/gif",
  tif: "image/tiff",
  tiff: "image/tiff",
  heic: "image/heic",
  heif: "image/heif",
};

/** What file pickers offer: every image, and the endings that some systems do not know as images. */
export const PICKER_ACCEPT = `image/*,${Object.keys(TYPE_OF).map((name) => `.${name}`).join(",")}`;

/** A file's media type: what the browser says, else what its name ends in; empty where neither tells. */
export function mediaTypeOf({ name, type }: Pick<File, "name" | "type">): string {
  if (type !== "") return type;
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(TYPE_OF, ending) ? TYPE_OF[ending] ?? "" : "";
}

/** A type as people call it: `JPEG`, `HEIC`; "File" for what is no image. */
export function shortTypeOf(type: string): string {
  return type.startsWith("image/") ? type.slice(6).toUpperCase() : "File";
}
