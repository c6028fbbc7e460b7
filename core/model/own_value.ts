import * as z from "zod";

/** The most items that all repeated values of one image may have together, so that manifests and responses stay small. */
export const MAX_OWN_ITEMS = 4_096;

const item = z.union([z.string().max(1_024), z.number(), z.boolean()]);

/** A value that the company's own pipeline finds: one, a list, or null where it found nothing. */
export type OwnValue = z.infer<typeof item> | null | readonly z.infer<typeof item>[];

/** Reads such a value. */
export const ownValueSchema: z.ZodType<OwnValue> = z.union([
  item,
  z.null(),
  z.array(item).max(MAX_OWN_ITEMS),
]);

/** The pipeline that processed an image: name and version of its package. */
export const pipelineIdentitySchema = z.object({
  name: z.string().regex(/^[a-z0-9@][a-z0-9@/._-]{0,63}$/),
  version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/),
});

/** The pipeline that processed an image. */
export type PipelineIdentity = Readonly<z.infer<typeof pipelineIdentitySchema>>;
