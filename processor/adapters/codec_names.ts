/** What `CODEC` may name; the first is the default. */
export const CODEC_NAMES = ["sharp", "imagescript"] as const;

/** A name that `CODEC` may have. */
export type CodecName = (typeof CODEC_NAMES)[number];
