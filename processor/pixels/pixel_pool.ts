/**
 * The pixel engine of production: a warm pool of killable child processes.
 * Walk: `render` queues a picture, a free child takes the next one by fair share under a deadline and a memory bound, the
 * outcome becomes an answer, a rejection or one second try; whatever ends a child, another one takes its place.
 */
import { AppError } from "@tintype/core/errors";
import { type Claim, FairShare } from "@tintype/core/fairness/fair_share";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { PipelineIdentity } from "@tintype/core/model/own_value";
import type { Log } from "@tintype/core/ports/log";
import type {
  PixelEngine,
  Rendered,
  RenderOptions,
  RenderRequest,
} from "@tintype/core/ports/pixel_engine";
import {
  MAX_MEMORY_BYTES,
  MAX_RENDER_MS,
  renderLimitMs,
} from "@tintype/core/processing/pixel_limits";
import type { CodecName } from "../adapters/codec_names.ts";
import { pipelineUrlOf } from "../pipelines/pipeline_url.ts";
import { type ChildOutcome, PixelChild, type ReadyReply } from "./_pixel_child.ts";

/** How a pool works; what is left out has the default that is named. */
export interface PixelPoolOptions {
  /** Children that are kept warm. */
  readonly processes: number;
  readonly log: Log;
  /** What `denoCacheOf` returns for this process: a child gets no other variable of its parent. */
  readonly denoCache: Readonly<Record<string, string>>;
  /** A name of the codec table: `sharp`. */
  readonly codec?: CodecName | undefined;
  /** Whether a process that the kernel does not hold by seccomp may not start: false, which logs it. */
  readonly mustBeHeld?: boolean;
  /** Path or URL of the company's pipeline, a module or the folder of a package: none. */
  readonly pipeline?: string | undefined;
  /** Wall time that one picture may take at most, whatever its size and type: 30 s. */
  readonly deadlineMs?: number;
  /** Resident memory that one child may take: 1 GiB. */
  readonly maxMemoryBytes?: number;
  /** Megapixels in all children together: 150; a larger picture runs alone. */
  readonly maxRunningMegapixels?: number;
  /** How long a picture may wait: 60 s. */
  readonly maxWaitMs?: number;
}

/** The engine, and its end. */
export interface PixelPool extends PixelEngine {
  /** Takes nothing more, lets what is under way finish, and leaves no process behind. */
  close(): Promise<void>;
  /** Pictures of a tenant that are being rendered. */
  renderingOf(tenant: string): number;
  /** The company's own pipeline, where it has a name. */
  readonly pipeline: PipelineIdentity | undefined;
}

const DEFAULTS = {
  deadlineMs: MAX_RENDER_MS,
  maxMemoryBytes: MAX_MEMORY_BYTES,
  maxRunningMegapixels: 150,
  maxWaitMs: 60_000,
};

/** A picture that waits for the processor has so much longer. */
const WALL_OF_PROCESSOR = 4;
/** Crashes before it began that a picture waits through. */
const MAX_MISSES = 5;
const RETRY_AFTER_MS = 5_000;
/** What a child may take to load codec and pipeline. */
const START_MS = 30_000;
/** Between attempts to start a child that does not start. */
const RESTART_MS = 1_000;
/** What a closing child may take to end by itself. */
const CLOSE_MS = 2_000;

/** What became of a picture whose child was killed for it. */
const KILL_DETAILS = {
  deadline: "it took longer than an image may",
  memory: "it took more memory than an image may",
  crash: "it ended its process twice",
} as const;

/** Starts a pool and waits until every child is ready; throws Error where codec or pipeline cannot be loaded. */
export async function startPixelPool(options: PixelPoolOptions): Promise<PixelPool> {
  const pool = new ChildPool({ ...DEFAULTS, ...options });
  try {
    await pool.start();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

type Settings = PixelPoolOptions & typeof DEFAULTS;

interface Job extends Claim {
  readonly request: RenderRequest;
  readonly megapixels: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (rendered: Rendered) => void;
  readonly reject: (reason: unknown) => void;
  /** How often a process has crashed with it. */
  crashes: number;
  /** How often a process had crashed before it began with it. */
  misses: number;
}

class ChildPool implements PixelPool {
  readonly #settings: Settings;
  readonly #idle: PixelChild[] = [];
  readonly #alive = new Set<PixelChild>();
  readonly #share: FairShare<Job>;
  readonly #underWay = new Set<Promise<unknown>>();
  #runningMegapixels = 0;
  /** Takes nothing more. */
  #isClosing = false;
  /** Needs no children any more. */
  #isClosed = false;
  #keepers: Promise<void>[] = [];
  #isWarned = false;
  #pipeline: PipelineIdentity | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#share = new FairShare({ slots: settings.processes, room: Infinity, clock: Date });
  }

  get pipeline(): PipelineIdentity | undefined {
    return this.#pipeline;
  }

  async start(): Promise<void> {
    const first = Array.from({ length: this.#settings.processes }, () => this.#startChild());
    const children = await Promise.all(first);
    this.#keepers = children.map((child) => this.#keep(child));
  }

  render(request: RenderRequest, options: RenderOptions = {}): Promise<Rendered> {
    const rendered = this.#queue(request, options);
    this.#underWay.add(rendered);
    const done = () => void this.#underWay.delete(rendered);
    rendered.then(done, done);
    return rendered;
  }

  renderingOf(tenant: string): number {
    return this.#share.heldBy(tenant);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#underWay);
    this.#isClosed = true;
    await Promise.all([...this.#alive].map(async (child) => {
      const timer = setTimeout(() => child.kill("closed"), CLOSE_MS);
      await child.close();
      clearTimeout(timer);
    }));
    await Promise.all(this.#keepers);
  }

  async #queue(
    request: RenderRequest,
    { signal, tenant = "", isSlow = false }: RenderOptions,
  ): Promise<Rendered> {
    signal?.throwIfAborted();
    if (this.#isClosing) throw busy("the pixel pool is closing");
    const megapixels = request.header.width * request.header.height / 1_000_000;
    const { promise, resolve, reject } = Promise.withResolvers<Rendered>();
    const settled = { signal, resolve, reject, crashes: 0, misses: 0 };
    const job: Job = { key: tenant, isSlow, request, megapixels, ...settled };
    const giveUp = (reason: unknown) => {
      if (this.#share.withdraw(job)) reject(reason);
    };
    const onAbort = () => giveUp(signal?.reason);
    const onLate = () => giveUp(late());
    const timer = setTimeout(onLate, this.#settings.maxWaitMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#share.admit(job);
    this.#dispatch();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #dispatch(): void {
    const fits = ({ megapixels }: Job) =>
      this.#runningMegapixels === 0 ||
      this.#runningMegapixels + megapixels <= this.#settings.maxRunningMegapixels;
    for (let child = this.#idle[0]; child !== undefined; child = this.#idle[0]) {
      const job = this.#share.next(fits);
      if (job === undefined) return;
      this.#idle.shift();
      void this.#run(job, child);
    }
  }

  async #run(job: Job, child: PixelChild): Promise<void> {
    this.#runningMegapixels += job.megapixels;
    const outcome = await this.#underLimits(job, child);
    this.#runningMegapixels = Math.max(0, this.#runningMegapixels - job.megapixels);
    this.#share.release(job);
    this.#settle(job, outcome);
    if (outcome.kind !== "died") await this.#putBack(child, outcome.residentBytes);
    this.#dispatch();
  }

  async #underLimits(job: Job, child: PixelChild): Promise<ChildOutcome> {
    const processorMs = renderLimitMs(job.request);
    const deadlineMs = Math.min(this.#settings.deadlineMs, WALL_OF_PROCESSOR * processorMs);
    const onAbort = () => child.kill("aborted");
    const deadline = setTimeout(() => child.kill("deadline"), deadlineMs);
    job.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      if (job.signal?.aborted) onAbort();
      return await child.render(job.request, { decodeTimeoutMs: deadlineMs, processorMs });
    } catch (error) {
      child.kill("closed");
      return { kind: "broken", message: String(error), residentBytes: 0 };
    } finally {
      clearTimeout(deadline);
      job.signal?.removeEventListener("abort", onAbort);
    }
  }

  /** A child that holds on to much memory after a large picture gives its place to a new one. */
  async #putBack(child: PixelChild, residentBytes: number): Promise<void> {
    if (residentBytes > this.#settings.maxMemoryBytes / 2) await child.close();
    else if (this.#alive.has(child)) this.#idle.push(child);
  }

  #settle(job: Job, outcome: ChildOutcome): void {
    if (outcome.kind === "rendered") return job.resolve(outcome.rendered);
    if (outcome.kind === "rejected") {
      return job.reject(new ImageRejected(outcome.reason, outcome.detail));
    }
    if (outcome.kind === "broken") {
      this.#settings.log.error("pixel_engine_broken", { message: outcome.message.slice(0, 300) });
      return job.reject(busy("the pixel engine broke"));
    }
    const { cause, hasBegun } = outcome;
    this.#settings.log.warn("pixel_process_died", { cause, hasBegun, crashes: job.crashes });
    if (cause === "aborted") return job.reject(job.signal?.reason);
    if (cause === "closed") return job.reject(busy("the pixel pool is closing"));
    if (cause === "crash" && mayTryAgain(job, hasBegun)) return void this.#share.admit(job);
    job.reject(new ImageRejected("processing_limit", KILL_DETAILS[cause]));
  }

  async #startChild(): Promise<PixelChild> {
    const { codec, pipeline, log, maxMemoryBytes, denoCache } = this.#settings;
    const child = new PixelChild({
      codec: codec ?? "sharp",
      maxMemoryBytes,
      denoCache,
      pipelineUrl: pipelineUrlOf(pipeline),
      onStderr: (line) => log.warn("pixel_process_stderr", { line }),
    });
    this.#alive.add(child);
    void child.exited.then(() => this.#alive.delete(child));
    const timer = setTimeout(() => child.kill("deadline"), START_MS);
    const { sandbox, pipeline: identity } = await child.ready().finally(() => clearTimeout(timer));
    this.#check(sandbox, child);
    this.#pipeline = identity;
    this.#idle.push(child);
    return child;
  }

  /** Logs once what does not hold the processes; throws Error and ends the child where it must be held. */
  #check(sandbox: ReadyReply["sandbox"], child: PixelChild): void {
    const { log, mustBeHeld } = this.#settings;
    const isWeak = !sandbox.seccomp || sandbox.landlock === 0;
    if (isWeak && !this.#isWarned) log.warn("pixel_sandbox_incomplete", sandbox);
    this.#isWarned ||= isWeak;
    if (sandbox.seccomp || !mustBeHeld) return;
    child.kill("closed");
    throw new Error(
      "Cannot start a pixel process as the kernel does not hold it: seccomp failed, see pixel_process_stderr; install libseccomp2",
    );
  }

  /** Keeps one place filled: whatever ends its child, another one is started. */
  async #keep(first: PixelChild): Promise<void> {
    for (let child: PixelChild | undefined = first;;) {
      this.#dispatch();
      await child?.exited;
      if (child !== undefined) remove(this.#idle, child);
      if (this.#isClosed) return;
      child = await this.#startChild().catch(async (error) => {
        this.#settings.log.error("pixel_process_not_started", { message: String(error) });
        await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
        return undefined;
      });
      if (this.#isClosed) await child?.close();
    }
  }
}

/** One second try for a picture that a process crashed with; a process that had crashed before is none of its doing. */
function mayTryAgain(job: Job, hasBegun: boolean): boolean {
  if (hasBegun) job.crashes += 1;
  else job.misses += 1;
  return job.crashes <= 1 && job.misses <= MAX_MISSES;
}

function busy(why: string): AppError {
  return new AppError("unavailable", `Cannot render the image now: ${why}`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

function late(): AppError {
  const why = "its tenant had its share of the pixel processes all the time";
  return new AppError("rate_limited", `Cannot render the image now: ${why}`);
}

function remove<Item>(list: Item[], item: Item): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
