/** One picture through one pixel process, as the processor renders it: what came out, how long it took, its memory. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import { planOf } from "@tintype/core/model/tenant_plan";
import type { PipelineIdentity } from "@tintype/core/model/own_value";
import type { Rendered, RenderRequest } from "@tintype/core/ports/pixel_engine";
import { guard } from "@tintype/core/processing/guard";
import { MAX_MEMORY_BYTES, renderLimitMs } from "@tintype/core/processing/pixel_limits";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import type { CodecName } from "../adapters/codec_names.ts";
import { type ChildOutcome, PixelChild } from "../pixels/_pixel_child.ts";

/** What became of a picture. */
export interface Trial {
  /** As it was found. */
  readonly name: string;
  readonly rendered: Rendered | undefined;
  /** Why there is none, with the step, the file and the line where the pipeline's own code broke. */
  readonly problem: string | undefined;
  /** What the pipeline wrote to its console. */
  readonly printed: readonly string[];
  /** From the file's bytes to the encoded renditions. */
  readonly tookMs: number;
  /** The most that the process had resident meanwhile, in bytes. */
  readonly peakBytes: number;
}

/** What a trial runs. */
export interface TrialOptions {
  readonly pipelineUrl: string;
  readonly codec: CodecName;
  /** What `denoCacheOf` returns for this process. */
  readonly denoCache: Readonly<Record<string, string>>;
}

const PLAN = planOf({});
const START_MS = 30_000;
const SAMPLE_MS = 10;
const PAGE_BYTES = 4_096;

/** A pixel process for trials; after one that died, the next picture gets another. */
export class Trials implements AsyncDisposable {
  readonly #options: TrialOptions;
  readonly #printed: string[] = [];
  #child: PixelChild | undefined;
  /** The pipeline of the process that was started last. */
  pipeline: PipelineIdentity | undefined;

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /** Starts a process; throws Error that says why codec or pipeline do not load. */
  async start(): Promise<PixelChild> {
    if (this.#child !== undefined) return this.#child;
    const child = new PixelChild({
      ...this.#options,
      maxMemoryBytes: MAX_MEMORY_BYTES,
      onStderr: (line) => this.#printed.push(line),
    });
    const timer = setTimeout(() => child.kill("deadline"), START_MS);
    try {
      this.pipeline = (await child.ready()).pipeline;
    } catch {
      await child.exited;
      throw new Error(`Cannot load the pipeline: ${this.#said()}`);
    } finally {
      clearTimeout(timer);
    }
    return this.#child = child;
  }

  /** Renders a file. */
  async render(name: string, path: string): Promise<Trial> {
    const child = await this.start();
    const startMs = performance.now();
    const memory = watchMemory(child.pid);
    const end = (problem?: string, rendered?: Rendered): Trial => ({
      name,
      rendered,
      problem,
      tookMs: performance.now() - startMs,
      peakBytes: memory.stop(),
      printed: this.#printed.splice(0),
    });
    try {
      const bytes = new Uint8Array(await readFile(path));
      const probed = await probeBytes(bytes);
      guard(probed, PLAN);
      const request = { bytes, ...probed, renditions: PLAN.renditions };
      const outcome = await underLimits(child, request);
      if (outcome.kind === "rendered") return end(undefined, outcome.rendered);
      return end(await this.#problemOf(outcome));
    } catch (error) {
      if (!(error instanceof ImageRejected)) throw error;
      return end(`${error.reason}: ${error.detail}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.close();
    this.#child = undefined;
  }

  async #problemOf(outcome: Exclude<ChildOutcome, { kind: "rendered" }>): Promise<string> {
    if (outcome.kind === "died") {
      this.#child = undefined;
      const why = outcome.cause === "crash"
        ? "its process ended"
        : `it exceeds its ${outcome.cause}`;
      return [`processing_limit: ${why}`, this.#said()].filter(Boolean).join(": ");
    }
    if (outcome.kind === "broken") return `the codec broke: ${outcome.message}`;
    if (outcome.reason !== "processing_limit") return `${outcome.reason}: ${outcome.detail}`;
    // The process prints it before it replies, in a stream of its own.
    for (let tries = 0; this.#printed.length === 0 && tries < 100; tries += 1) {
      await sleep(SAMPLE_MS);
    }
    return this.#said() || `${outcome.reason}: ${outcome.detail}`;
  }

  /** What the process printed since the last time. */
  #said(): string {
    return this.#printed.splice(0).join(" | ");
  }
}

async function underLimits(child: PixelChild, request: RenderRequest): Promise<ChildOutcome> {
  const processorMs = renderLimitMs(request);
  const decodeTimeoutMs = 4 * processorMs;
  const deadline = setTimeout(() => child.kill("deadline"), decodeTimeoutMs);
  try {
    return await child.render(request, { decodeTimeoutMs, processorMs });
  } finally {
    clearTimeout(deadline);
  }
}

/** Samples the resident memory of a process, where the system reports it. */
function watchMemory(pid: number): { stop(): number } {
  let peak = 0;
  const look = async () => {
    const statm = await readFile(`/proc/${pid}/statm`, "utf8").catch(() => "0 0");
    peak = Math.max(peak, Number(statm.split(" ")[1]) * PAGE_BYTES);
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
