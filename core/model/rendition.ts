import * as z from "zod";

/** How an image is fitted into a rendition's box; `inside` keeps everything and the aspect. */
const FITS = ["inside", "cover", "contain"] as const;

/** What a rendition may be written as; `auto` is WebP where there is alpha, else JPEG. */
const RENDITION_FORMATS = ["auto", "jpeg", "webp", "avif", "png"] as const;

/** The longest side of a rendition, and of what steps and insights may ask for, in pixels. */
export const MAX_RENDITION_PX = 8_192;

const side = z.int().min(1).max(MAX_RENDITION_PX);

/** One line of a rendition table: sides in pixels, quality 1 to 100. */
export const renditionSpecSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/),
  width: side,
  height: side,
  fit: z.enum(FITS).default("inside"),
  format: z.enum(RENDITION_FORMATS).default("auto"),
  quality: z.int().min(1).max(100).default(80),
  /** Whether a smaller image is enlarged to the box. */
  enlarge: z.boolean().default(false),
  /** `#rrggbb`, behind `contain`'s bars and behind alpha where the format has none. */
  background: z.string().regex(/^#[0-9a-f]{6}$/i).default("#ffffff"),
});

/** One line of a rendition table. */
export type RenditionSpec = Readonly<z.infer<typeof renditionSpecSchema>>;

/** A rendition table: at least one line, no name twice, the largest need not be first. */
export const renditionTableSchema = z.array(renditionSpecSchema).min(1).max(16)
  .refine((table) => new Set(table.map((spec) => spec.name)).size === table.length, {
    message: "must not name a rendition twice",
  })
  .readonly();

/** The renditions of an image whose plan says nothing else. */
export const DEFAULT_RENDITIONS: readonly RenditionSpec[] = renditionTableSchema.parse([
  { name: "large", width: 1600, height: 1600 },
  { name: "medium", width: 800, height: 800 },
  { name: "thumb", width: 200, height: 200 },
]);

/** The media type and extension of each written format. */
export const WRITTEN_FORMATS = {
  jpeg: { contentType: "image/jpeg", extension: "jpg" },
  webp: { contentType: "image/webp", extension: "webp" },
  avif: { contentType: "image/avif", extension: "avif" },
  png: { contentType: "image/png", extension: "png" },
} as const satisfies Record<string, { contentType: string; extension: string }>;

/** A format that renditions are written in. */
export type WrittenFormat = keyof typeof WRITTEN_FORMATS;
