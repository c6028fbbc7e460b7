/**
 * The pixel process: the only place where hostile pixels and the company's own code run. It has no network, no
 * credentials and no right to write, takes one picture at a time from stdin and answers on stdout.
 * Walk: load codec and pipeline once, say `ready`, then frame by frame `develop`, until stdin ends.
 * Arguments: the codec's name, and the URL of a pipeline module or nothing.
 */
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { ImageCodec } from "@tintype/core/ports/image_codec";
import { develop } from "@tintype/core/processing/develop";
import { DEFAULT_PIPELINE, type Pipeline } from "@tintype/core/processing/pipeline";
import { codecNamed } from "../adapters/codec_table.ts";
import { type Frame, FrameReader, writeFrame } from "./_frames.ts";
import { developedReply, type DevelopMessage } from "./_messages.ts";

/** The parent has admitted what it sends. */
const LIMITS = { maxHeaderBytes: 2 ** 20, maxBodyBytes: 2 ** 32 };

const clock = { now: () => performance.timeOrigin + performance.now() };

interface Darkroom {
  readonly codec: ImageCodec;
  readonly pipeline: Pipeline;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
}

async function loadPipeline(url: string | undefined): Promise<Pipeline> {
  if (url === undefined || url === "") return DEFAULT_PIPELINE;
  const module: { readonly default?: Pipeline } = await import(url);
  if (module.default !== undefined) return module.default;
  throw new TypeError("Cannot load the pipeline as its module has no default export");
}

async function answer({ codec, pipeline, writer }: Darkroom, frame: Frame): Promise<void> {
  // The parent's own message, written by the same version of this code.
  const { decodeTimeoutMs, ...request } = frame.header as DevelopMessage;
  try {
    const options = { pipeline, clock, decodeTimeoutMs };
    const developed = await develop(codec, { ...request, bytes: frame.body }, options);
    await writeFrame(writer, developedReply(developed), developed.renditions.map((r) => r.bytes));
  } catch (error) {
    if (!(error instanceof ImageRejected)) throw error;
    // Only the company's own code is told what broke; what a decoder says of hostile bytes is no news.
    if (error.reason === "processing_limit") console.error(`${error.message}: ${error.cause}`);
    const { reason, detail } = error;
    await writeFrame(writer, { kind: "rejected", reason, detail });
  }
}

async function run([codecName = "sharp", pipelineUrl]: readonly string[]): Promise<void> {
  // stdout belongs to the frames; whatever a library or a pipeline prints goes to stderr.
  for (const level of ["log", "info", "debug"] as const) console[level] = console.error;
  // A Ctrl-C reaches the whole process group; the parent drains first and then closes stdin.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => {});
  const writer = Deno.stdout.writable.getWriter();
  const codec = codecNamed(codecName);
  const pipeline = await loadPipeline(pipelineUrl);
  await writeFrame(writer, { kind: "ready", engine: codec.engine });
  const reader = new FrameReader(Deno.stdin.readable, LIMITS);
  for (let frame = await reader.next(); frame !== null; frame = await reader.next()) {
    try {
      await answer({ codec, pipeline, writer }, frame);
    } catch (error) {
      console.error(error);
      await writeFrame(writer, { kind: "broken", message: String(error) });
    }
  }
}

await run(Deno.args);
Deno.exit(0);
