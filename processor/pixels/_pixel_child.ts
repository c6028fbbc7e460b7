import type { Rendered, RenderRequest } from "@tintype/core/ports/pixel_engine";
import type { RejectReason } from "@tintype/core/model/reject_reason";
import type { CodecName } from "../adapters/codec_names.ts";
import { CODECS } from "../adapters/codec_table.ts";
import { FrameReader, writeFrame } from "./_frames.ts";
import { relayStderr } from "./_memory_alarm.ts";
import {
  renderedOf,
  type RenderLimits,
  type RenderMessage,
  type Reply,
  replySchema,
} from "./_messages.ts";
import { denoFolderOf } from "./deno_cache.ts";
import { launchOrderOf } from "./sandbox/launch_order.ts";

/** How a child is started. */
export interface PixelChildOptions {
  readonly codec: CodecName;
  /** URL of a pipeline module, empty for none. */
  readonly pipelineUrl: string;
  /** Resident memory that a picture may take, in bytes; beyond it the process is killed. */
  readonly maxMemoryBytes: number;
  /** The variable that names Deno's cache folder, if any. */
  readonly denoCache: Readonly<Record<string, string>>;
  /** What it wrote to stderr, as one line. */
  readonly onStderr: (line: string) => void;
}

/** What became of one picture in one child; `died` with the cause, `crash` where nobody of ours killed it. */
export type ChildOutcome =
  | (
    & { readonly residentBytes: number }
    & (
      | { readonly kind: "rendered"; readonly rendered: Rendered }
      | { readonly kind: "rejected"; readonly reason: RejectReason; readonly detail: string }
      | { readonly kind: "broken"; readonly message: string }
    )
  )
  | {
    readonly kind: "died";
    readonly cause: KillCause | "crash";
    /** Whether it had read the picture. */
    readonly hasBegun: boolean;
  };

/** What a child says when it is ready. */
export type ReadyReply = Extract<Reply, { readonly kind: "ready" }>;

/** Why the parent killed a child. */
type KillCause = "deadline" | "memory" | "aborted" | "closed";

/** What a reply may hold: sixteen renditions of the largest box fit with room to spare. */
const REPLY_LIMITS = { maxHeaderBytes: 262_144, maxBodyBytes: 268_435_456 };
/** JavaScript's own heap; pixels lie outside of it. */
const HEAP_FLAG = "--v8-flags=--max-old-space-size=256";
/**
 * Where a codec's pixels are native memory, little is left to collect, and to do that at once costs a third of doing it
 * in steps, which only spare a thread that nobody waits for.
 */
const NATIVE_FLAG = "--no-incremental-marking";
const ROOT = new URL("../../", import.meta.url);
/** sharp's loader finds the C library by this file and would ask for far wider rights without it. */
const LDD = "/usr/bin/ldd";

/** One pixel process, seen from its parent: one picture at a time. */
export class PixelChild {
  readonly pid: number;
  /** Resolves when the process has ended, whatever ended it. */
  readonly exited: Promise<void>;
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: FrameReader;
  #killedFor: KillCause | undefined;
  #pictures = 0;

  constructor(options: PixelChildOptions) {
    this.#process = spawn(options);
    this.pid = this.#process.pid;
    this.#writer = this.#process.stdin.getWriter();
    // A broken pipe shows in the process's end.
    this.#writer.closed.catch(() => {});
    this.#reader = new FrameReader(this.#process.stdout, REPLY_LIMITS);
    this.exited = this.#process.status.then(() => {});
    void relayStderr(this.#process.stderr, {
      onLine: options.onStderr,
      onAlarm: (picture, cause) => {
        if (picture === this.#pictures) this.kill(cause);
      },
    });
  }

  /** Resolves when codec and pipeline are loaded; throws Error where they cannot be. */
  async ready(): Promise<ReadyReply> {
    const reply = await this.#reply();
    if (reply?.header.kind === "ready") return reply.header;
    this.kill("closed");
    throw new Error("Cannot start a pixel process as it ended before it was ready");
  }

  /** Renders one picture. */
  async render(request: RenderRequest, limits: RenderLimits): Promise<ChildOutcome> {
    const { bytes, mediaType, header, exif, renditions } = request;
    const message: RenderMessage = { mediaType, header, exif, renditions, ...limits };
    this.#pictures += 1;
    writeFrame(this.#writer, message, [bytes]).catch(() => {});
    const begun = await this.#reply();
    if (begun?.header.kind !== "began") return await this.#ended(false);
    const reply = await this.#reply();
    if (reply === null) return await this.#ended(true);
    const { header: answer, body } = reply;
    if (answer.kind === "rendered") {
      const { residentBytes, ...rendered } = answer;
      return { kind: "rendered", rendered: renderedOf(rendered, body), residentBytes };
    }
    const isOutOfTurn = answer.kind === "ready" || answer.kind === "began";
    return isOutOfTurn ? await this.#ended(true) : answer;
  }

  /** Ends the process at once; the first cause counts. */
  kill(cause: KillCause): void {
    this.#killedFor ??= cause;
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  /** Lets the process end by itself: it does when there is nothing more to read. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.exited;
  }

  async #reply(): Promise<{ header: Reply; body: Uint8Array<ArrayBuffer> } | null> {
    try {
      const frame = await this.#reader.next();
      return frame === null ? null : { header: replySchema.parse(frame.header), body: frame.body };
    } catch {
      // What is no reply comes from a process that hostile bytes have got hold of.
      return null;
    }
  }

  async #ended(hasBegun: boolean): Promise<ChildOutcome> {
    const cause = this.#killedFor ?? "crash";
    this.kill("closed");
    await this.exited;
    return { kind: "died", cause, hasBegun };
  }
}

function spawn(
  { codec, pipelineUrl, maxMemoryBytes, denoCache }: PixelChildOptions,
): Deno.ChildProcess {
  const readable = [
    new URL("core", ROOT),
    new URL("processor", ROOT),
    new URL("node_modules", ROOT),
    ...(pipelineUrl === "" ? [] : [new URL(".", pipelineUrl)]),
  ].map(pathOf).concat(LDD);
  const denoPath = Deno.execPath();
  const run = [
    "run",
    "--no-prompt",
    "--cached-only",
    `--config=${pathOf(new URL("deno.json", ROOT))}`,
    // The sandbox is native code; the process gives the right up where its codec needs none.
    "--allow-ffi",
  ];
  const pixels = [
    ...run,
    CODECS[codec].isNative ? `${HEAP_FLAG},${NATIVE_FLAG}` : HEAP_FLAG,
    "--allow-env",
    `--allow-read=${readable.join(",")}`,
    pathOf(new URL("pixel_process.ts", import.meta.url)),
    codec,
    String(maxMemoryBytes),
    pipelineUrl,
  ];
  const order = launchOrderOf({
    root: pathOf(ROOT),
    readable: [...readable, ...denoFolderOf(denoCache)],
    command: [denoPath, ...pixels],
  });
  const launch = [
    ...run,
    pathOf(new URL("sandbox/launch.ts", import.meta.url)),
    JSON.stringify(order),
  ];
  const command = new Deno.Command(denoPath, {
    args: Deno.build.os === "linux" ? launch : pixels,
    clearEnv: true,
    // Two arenas keep glibc from holding what four decoding threads once needed.
    env: { ...denoCache, MALLOC_ARENA_MAX: "2", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

function pathOf({ pathname }: URL): string {
  return decodeURIComponent(pathname);
}
