/**
 * The pixel process: the only place where hostile pixels and the company's own code run. It has no network, no
 * credentials and no right to write, takes one picture at a time from stdin and answers on stdout.
 * Walk: let the kernel hold the process, load codec and pipeline once, say `ready`, then frame by frame `render`, until
 * stdin ends. `sandbox/launch.ts` has run before in the same process.
 * Arguments: the codec's name, the memory in bytes that a picture may take, the URL of a pipeline module or nothing,
 * the version of Landlock that holds this process, 0 or nothing for none.
 */
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { ImageCodec } from "@tintype/core/ports/image_codec";
import { render } from "@tintype/core/processing/render";
import { DEFAULT_PIPELINE, type Pipeline } from "@tintype/core/processing/pipeline";
import { codecNamed, CODECS } from "../adapters/codec_table.ts";
import { type Frame, readFrameSync, writeFrameSync } from "./_frames.ts";
import type { WatchOrder } from "./_memory_alarm.ts";
import { renderedReply, type RenderMessage, type Reply } from "./_messages.ts";
import { denyCalls } from "./sandbox/seccomp.ts";

/** The parent has admitted what it sends. */
const LIMITS = { maxHeaderBytes: 2 ** 20, maxBodyBytes: 2 ** 32 };

const clock = { now: () => performance.timeOrigin + performance.now() };

interface Darkroom {
  readonly codec: ImageCodec;
  readonly pipeline: Pipeline;
  /** The pipeline's folder, empty for none. */
  readonly folderUrl: string;
}

async function loadPipeline(url: string | undefined): Promise<Pipeline> {
  if (url === undefined || url === "") return DEFAULT_PIPELINE;
  const module: { readonly default?: Pipeline } = await import(url);
  if (module.default !== undefined) return module.default;
  throw new TypeError("Cannot load the pipeline as its module has no default export");
}

/** What broke, and where: the first line of the stack that lies in the pipeline's folder, else the first one. */
function describeBreak(cause: unknown, folderUrl: string): string {
  const stack = cause instanceof Error ? cause.stack ?? "" : "";
  const frames = stack.split("\n").map((line) => line.trim()).filter((line) =>
    line.startsWith("at ")
  );
  const frame = frames.find((line) => folderUrl !== "" && line.includes(folderUrl)) ?? frames[0];
  return frame === undefined ? String(cause) : `${cause} ${frame}`;
}

async function answer({ codec, pipeline, folderUrl }: Darkroom, frame: Frame): Promise<void> {
  // The parent's own message, written by the same version of this code.
  const { decodeTimeoutMs, processorMs: _, ...request } = frame.header as RenderMessage;
  try {
    const options = { pipeline, clock, decodeTimeoutMs };
    const rendered = await render(codec, { ...request, bytes: frame.body }, options);
    const parts = rendered.renditions.map(({ bytes }) => bytes);
    reply({ ...renderedReply(rendered), ...resident() }, parts);
  } catch (error) {
    if (!(error instanceof ImageRejected)) throw error;
    // Only what broke in the company's own code is logged; what a decoder says of hostile bytes is no news.
    if (error.reason === "processing_limit") {
      console.error(`${error.message}: ${describeBreak(error.cause, folderUrl)}`);
    }
    const { reason, detail } = error;
    reply({ kind: "rejected", reason, detail, ...resident() });
  }
}

function reply(header: Reply, parts: readonly Uint8Array[] = []): void {
  writeFrameSync(Deno.stdout, header, parts);
}

function nextFrame(): Frame | null {
  return readFrameSync(Deno.stdin, LIMITS);
}

function resident(): { readonly residentBytes: number } {
  return { residentBytes: Deno.memoryUsage().rss };
}

/**
 * Has the kernel refuse what no picture needs, for all threads, before code of others is loaded; returns whether it does.
 * A codec may be loaded and start threads at any time after this: what it then lacks is a name in `denied_calls.ts` or a
 * file in `launch_order.ts`, and its tests run here as in production.
 */
function hold(codecName: string): boolean {
  try {
    denyCalls(Deno.pid);
    return true;
  } catch (error) {
    console.error(error);
    return false;
  } finally {
    // The right was there for the line above; a codec without native code leaves it to nobody.
    const isNative = Object.entries(CODECS).some(([name, it]) => name === codecName && it.isNative);
    if (!isNative) Deno.permissions.revokeSync({ name: "ffi" });
  }
}

/** Begins (with what a picture may take of the processor) or ends to watch the process, on a thread that no picture blocks. */
function startWatch(maxMemoryBytes: number): (processorMs: number | null) => void {
  const url = new URL("_memory_watch.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const underWay = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const limitMs = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const order: WatchOrder = { underWay, limitMs, maxMemoryBytes };
  worker.postMessage(order);
  let picture = 0;
  return (processorMs) => {
    if (processorMs !== null) picture += 1;
    Atomics.store(limitMs, 0, processorMs ?? 0);
    Atomics.store(underWay, 0, processorMs === null ? 0 : picture);
    Atomics.notify(underWay, 0);
  };
}

async function run(
  [codecName = "", maxMemoryBytes, pipelineUrl, landlock = "0"]: readonly string[],
): Promise<void> {
  // stdout belongs to the frames; whatever a library or a pipeline prints goes to stderr.
  for (const level of ["log", "info", "debug"] as const) console[level] = console.error;
  // A Ctrl-C reaches the whole process group; the parent drains first and then closes stdin.
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => {});
  const sandbox = { seccomp: hold(codecName), landlock: Number(landlock) };
  const codec = await codecNamed(codecName);
  const pipeline = await loadPipeline(pipelineUrl);
  const watch = startWatch(Number(maxMemoryBytes));
  const folderUrl = pipelineUrl ? new URL(".", pipelineUrl).href : "";
  const { identity } = pipeline;
  const ready = { kind: "ready", engine: codec.engine, sandbox } as const;
  reply(identity === undefined ? ready : { ...ready, pipeline: identity });
  // Nothing else happens between two pictures: the thread waits in the read itself.
  for (let frame = nextFrame(); frame !== null; frame = nextFrame()) {
    watch((frame.header as RenderMessage).processorMs);
    try {
      reply({ kind: "began" });
      await answer({ codec, pipeline, folderUrl }, frame);
    } catch (error) {
      console.error(error);
      reply({ kind: "broken", message: String(error), ...resident() });
    } finally {
      watch(null);
    }
  }
}

await run(Deno.args);
Deno.exit(0);
