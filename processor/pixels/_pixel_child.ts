import type { Developed, DevelopRequest } from "@tintype/core/ports/pixel_engine";
import type { RejectReason } from "@tintype/core/model/reject_reason";
import { FrameReader, writeFrame } from "./_frames.ts";
import { developedOf, type DevelopMessage, type Reply, replySchema } from "./_messages.ts";

/** How a child is started. */
export interface PixelChildOptions {
  readonly codec: string;
  /** URL of a pipeline module, empty for none. */
  readonly pipelineUrl: string;
  /** What it wrote to stderr, as one line. */
  readonly onStderr: (line: string) => void;
}

/** What became of one picture in one child; `died` with the cause, `crash` where nobody of ours killed it. */
export type ChildOutcome =
  | { readonly kind: "developed"; readonly developed: Developed }
  | { readonly kind: "rejected"; readonly reason: RejectReason; readonly detail: string }
  | { readonly kind: "broken"; readonly message: string }
  | { readonly kind: "died"; readonly cause: KillCause | "crash" };

/** Why the parent killed a child. */
export type KillCause = "deadline" | "memory" | "aborted" | "closed";

/** What a reply may hold: sixteen renditions of the largest box fit with room to spare. */
const REPLY_LIMITS = { maxHeaderBytes: 262_144, maxBodyBytes: 268_435_456 };
const PAGE_BYTES = 4_096;
/** JavaScript's own heap; pixels lie outside of it. */
const HEAP_FLAG = "--v8-flags=--max-old-space-size=256";
const ROOT = new URL("../../", import.meta.url);
/** sharp's loader tells the C library by this file and would ask for far wider rights without it. */
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

  constructor(options: PixelChildOptions) {
    this.#process = spawn(options);
    this.pid = this.#process.pid;
    this.#writer = this.#process.stdin.getWriter();
    // A broken pipe is told by the process's end.
    this.#writer.closed.catch(() => {});
    this.#reader = new FrameReader(this.#process.stdout, REPLY_LIMITS);
    this.exited = this.#process.status.then(() => {});
    void relay(this.#process.stderr, options.onStderr);
  }

  /** Resolves with the engine's name when codec and pipeline are loaded; throws Error where they cannot be. */
  async ready(): Promise<string> {
    const reply = await this.#reply();
    if (reply?.header.kind === "ready") return reply.header.engine;
    this.kill("closed");
    throw new Error("Cannot start a pixel process as it ended before it was ready");
  }

  /** Develops one picture. */
  async develop(request: DevelopRequest, decodeTimeoutMs: number): Promise<ChildOutcome> {
    const { bytes, mediaType, header, exif, renditions } = request;
    const message: DevelopMessage = { mediaType, header, exif, renditions, decodeTimeoutMs };
    writeFrame(this.#writer, message, [bytes]).catch(() => {});
    const reply = await this.#reply();
    if (reply === null) return await this.#ended();
    const { header: answer, body } = reply;
    if (answer.kind === "developed") {
      return { kind: "developed", developed: developedOf(answer, body) };
    }
    if (answer.kind === "ready") return await this.#ended();
    return answer;
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

  /** Resident memory in bytes; undefined where the system does not tell or the process has ended. */
  async residentBytes(): Promise<number | undefined> {
    try {
      const pages = (await Deno.readTextFile(`/proc/${this.pid}/statm`)).split(" ")[1];
      return pages === undefined ? undefined : Number(pages) * PAGE_BYTES;
    } catch {
      return undefined;
    }
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

  async #ended(): Promise<ChildOutcome> {
    const cause = this.#killedFor ?? "crash";
    this.kill("closed");
    await this.exited;
    return { kind: "died", cause };
  }
}

function spawn({ codec, pipelineUrl }: PixelChildOptions): Deno.ChildProcess {
  const readable = [
    new URL("core", ROOT),
    new URL("processor", ROOT),
    new URL("node_modules", ROOT),
    ...(pipelineUrl === "" ? [] : [new URL(".", pipelineUrl)]),
  ].map(({ pathname }) => decodeURIComponent(pathname));
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--cached-only",
      `--config=${decodeURIComponent(new URL("deno.json", ROOT).pathname)}`,
      HEAP_FLAG,
      "--allow-ffi",
      "--allow-env",
      `--allow-read=${[...readable, LDD].join(",")}`,
      decodeURIComponent(new URL("pixel_process.ts", import.meta.url).pathname),
      codec,
      pipelineUrl,
    ],
    clearEnv: true,
    // Two arenas keep glibc from holding what four decoding threads once needed.
    env: { MALLOC_ARENA_MAX: "2", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

async function relay(stderr: ReadableStream<Uint8Array>, write: (line: string) => void) {
  const decoder = new TextDecoder();
  for await (const chunk of stderr) {
    const line = decoder.decode(chunk, { stream: true }).trim().replace(/\s*\n\s*/g, " | ");
    if (line !== "") write(line.slice(0, 500));
  }
}
