import * as z from "zod";

/** How an image is fitted into a rendition's box; `inside` keeps everything and the aspect. */
const FITS = ["inside", "cover", "contain"] as const;

/**
 * What a rendition may be written as; `auto` is WebP where there is alpha, else JPEG; `negotiated` is AVIF beside that, of
 * which each reader gets one.
 */
const RENDITION_FORMATS = ["auto", "negotiated", "jpeg", "webp", "avif", "png"] as const;

/** Formats that leave it to the picture how it is written. */
const OPEN_FORMATS: readonly string[] = ["auto", "negotiated"];

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
  /** Whether an animation stays one, as WebP. */
  animated: z.boolean().default(false),
  /** Whether the light that a gain map adds for brighter displays is kept, in a JPEG. */
  hdr: z.enum(["drop", "keep"]).default("drop"),
}).refine(({ hdr, format }) => hdr === "drop" || [...OPEN_FORMATS, "jpeg"].includes(format), {
  path: ["hdr"],
  message: 'must be "drop" with this format, as gain maps are written into JPEG',
}).refine(({ animated, format }) => !animated || [...OPEN_FORMATS, "webp"].includes(format), {
  path: ["animated"],
  message: "must be false with this format, as animations are written as WebP",
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

/** What of a picture a rendition could not keep although its line asks for it. */
export const DROPPABLE = ["animation", "gain_map"] as const;

/** What of a picture a rendition could not keep. */
export type Dropped = (typeof DROPPABLE)[number];
