/** What a pixel process and its parent say to each other in frame headers. */
import * as z from "zod";
import { cameraSchema, pixelInsightsSchema } from "@tintype/core/model/insights";
import { ownValueSchema, pipelineIdentitySchema } from "@tintype/core/model/own_value";
import { ALL_REJECT_REASONS } from "@tintype/core/model/reject_reason";
import { DROPPABLE, WRITTEN_FORMATS, type WrittenFormat } from "@tintype/core/model/rendition";
import type { Rendered, RenderRequest } from "@tintype/core/ports/pixel_engine";

/** What a picture may take, in milliseconds. */
export interface RenderLimits {
  /** Wall time. */
  readonly decodeTimeoutMs: number;
  /** Time of the processor. */
  readonly processorMs: number;
}

/** A request's header; its body is the picture. */
export interface RenderMessage extends Omit<RenderRequest, "bytes">, RenderLimits {}

const formats = Object.keys(WRITTEN_FORMATS) as [WrittenFormat, ...WrittenFormat[]]; // keys of a const table
const milliseconds = z.number().min(0);
/** The process's memory after the picture. */
const residentBytes = z.number().min(0);

const renditionSchema = z.strictObject({
  name: z.string().max(32),
  format: z.enum(formats),
  width: z.int().min(1),
  height: z.int().min(1),
  frames: z.int().min(1).optional(),
  hasGainMap: z.literal(true).optional(),
  dropped: z.array(z.enum(DROPPABLE)).readonly().optional(),
  /** Length within the body, in order. */
  bytes: z.int().min(1),
});

const renderedSchema = z.strictObject({
  kind: z.literal("rendered"),
  /** Two forms of each line at most. */
  renditions: z.array(renditionSchema).min(1).max(32),
  insights: pixelInsightsSchema,
  camera: cameraSchema.optional(),
  custom: z.record(z.string(), ownValueSchema),
  extra: z.record(z.string(), ownValueSchema),
  ownMs: z.record(z.string(), milliseconds),
  timings: z.strictObject({
    decodeMs: milliseconds,
    renditionsMs: milliseconds,
    insightsMs: milliseconds,
  }),
  engine: z.string().max(128),
  residentBytes,
});

/** A reply's header: `ready` once after the start, then `began` and one other for each request. */
export const replySchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("ready"),
    engine: z.string(),
    pipeline: pipelineIdentitySchema.optional(),
    /** What holds the process: whether its calls are filtered, and the version of Landlock, 0 for none. */
    sandbox: z.strictObject({ seccomp: z.boolean(), landlock: z.int().min(0) }),
  }),
  /** It has read the picture: what happens now may be the picture's fault. */
  z.strictObject({ kind: z.literal("began") }),
  renderedSchema,
  z.strictObject({
    kind: z.literal("rejected"),
    reason: z.enum(ALL_REJECT_REASONS),
    detail: z.string().max(1_024),
    residentBytes,
  }),
  /** The engine itself broke; the message is for the log. */
  z.strictObject({ kind: z.literal("broken"), message: z.string(), residentBytes }),
]);

/** A reply's header. */
export type Reply = z.infer<typeof replySchema>;

type RenderedReply = z.infer<typeof renderedSchema>;

/** The header of a rendered picture's reply; the renditions' bytes follow as the body. */
export function renderedReply(
  { renditions, camera, ...facts }: Rendered,
): Omit<RenderedReply, "residentBytes"> {
  return {
    kind: "rendered",
    ...facts,
    timings: {
      decodeMs: facts.timings.decodeMs ?? 0,
      renditionsMs: facts.timings.renditionsMs ?? 0,
      insightsMs: facts.timings.insightsMs ?? 0,
    },
    renditions: renditions.map(({ bytes, ...rendition }) => ({
      ...rendition,
      bytes: bytes.length,
    })),
    ...(camera === undefined ? {} : { camera }),
  };
}

/** What a reply and its body tell; throws RangeError where they do not agree. */
export function renderedOf(
  { kind: _, renditions, ...facts }: Omit<RenderedReply, "residentBytes">,
  body: Uint8Array<ArrayBuffer>,
): Rendered {
  let at = 0;
  const whole = renditions.map(({ bytes: length, ...rendition }) => {
    const bytes = body.subarray(at, at + length);
    at += length;
    return { ...rendition, bytes };
  });
  if (at !== body.length) {
    throw new RangeError(`Cannot take renditions of ${at} bytes from a body of ${body.length}`);
  }
  return { ...facts, camera: facts.camera, renditions: whole };
}
