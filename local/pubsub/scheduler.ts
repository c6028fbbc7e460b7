/**
 * Cloud Scheduler on one machine: fires each job at its interval with an identity token,
 * never two of one job at once, and tries again with backoff where it failed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@tintype/core/ports/clock";
import type { Log } from "@tintype/core/ports/log";
import { type RetentionPolicy, retentionPolicyOf } from "@tintype/core/retention/policy";
import type { IdentityTokens } from "./identity_tokens.ts";
import { postJson } from "./post_json.ts";

/** The scheduled jobs. */
const JOBS = {
  retention: { path: "/jobs/retention", intervalOf: (policy) => policy.sweepIntervalMs },
  reconcile: { path: "/jobs/reconcile", intervalOf: (policy) => policy.reconcileIntervalMs },
} as const satisfies Record<
  string,
  { readonly path: string; readonly intervalOf: (policy: RetentionPolicy) => number }
>;

/** The name of a scheduled job. */
type JobName = keyof typeof JOBS;

/** How a job went. */
interface JobResult {
  readonly job: JobName;
  /** What the job answered; 0 where it could not be reached or gave no answer in time. */
  readonly status: number;
  /** The answer's JSON, its text where it is none, null where there is none. */
  readonly body: unknown;
  readonly ms: number;
}

/** What a {@link Scheduler} is made of. */
export interface SchedulerOptions {
  /** The jobs' base address without a slash at the end: `http://localhost:8080`; with the path it is the audience. */
  readonly processorUrl: string;
  readonly identity: IdentityTokens;
  /** The period whose policy gives the intervals, in milliseconds; throws RangeError as `retentionPolicyOf` does. */
  readonly retentionMs: number;
  /** The service account in the tokens: `scheduler@tintype-local.iam.gserviceaccount.com`. */
  readonly serviceAccount?: string;
  /** A job that is not answered in so many milliseconds has failed: 180 000. */
  readonly attemptDeadlineMs?: number;
  /** First wait before a failed job is tried again in milliseconds, doubled each time: 1 000. */
  readonly minBackoffMs?: number;
  /** How often a failed job is tried again before its next turn: 5. */
  readonly maxRetries?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Fires the jobs between {@link start} and {@link close}. */
export class Scheduler {
  readonly #processorUrl: string;
  readonly #identity: IdentityTokens;
  readonly #policy: RetentionPolicy;
  readonly #serviceAccount: string;
  readonly #attemptDeadlineMs: number;
  readonly #minBackoffMs: number;
  readonly #maxRetries: number;
  readonly #clock: Clock;
  readonly #log: Log | undefined;
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  readonly #last = new Map<JobName, Promise<unknown>>();
  #loops: readonly Promise<void>[] = [];

  constructor(options: SchedulerOptions) {
    this.#processorUrl = options.processorUrl;
    this.#identity = options.identity;
    this.#policy = retentionPolicyOf(options.retentionMs);
    this.#serviceAccount = options.serviceAccount ??
      "scheduler@tintype-local.iam.gserviceaccount.com";
    this.#attemptDeadlineMs = options.attemptDeadlineMs ?? 180_000;
    this.#minBackoffMs = options.minBackoffMs ?? 1_000;
    this.#maxRetries = options.maxRetries ?? 5;
    this.#clock = options.clock ?? Date;
    this.#log = options.log;
  }

  /** Starts the intervals; each job has its first turn when its first interval is over. */
  start(): void {
    if (this.#loops.length > 0) return;
    this.#loops = [this.#loop("retention"), this.#loop("reconcile")];
  }

  /** Runs a job once, now or as soon as the one under way is over; never rejects. */
  run(job: JobName): Promise<JobResult> {
    const before = this.#last.get(job) ?? Promise.resolve();
    const result = before.then(() => this.#fire(job));
    this.#last.set(job, result);
    return result;
  }

  /** Starts no more jobs, waits for those under way up to `graceMs`, and cuts the rest. */
  async close(graceMs = 5_000): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#cut.abort(), graceMs);
    await Promise.all([...this.#loops, ...this.#last.values()]);
    clearTimeout(timer);
  }

  /** A turn that comes while the last one is still at work is passed over. */
  async #loop(job: JobName): Promise<void> {
    const intervalMs = JOBS[job].intervalOf(this.#policy);
    let nextAt = this.#clock.now() + intervalMs;
    while (await this.#wait(nextAt - this.#clock.now())) {
      await this.#runWithRetries(job);
      const lateMs = Math.max(0, this.#clock.now() - nextAt);
      nextAt += intervalMs * (1 + Math.floor(lateMs / intervalMs));
    }
  }

  async #runWithRetries(job: JobName): Promise<void> {
    for (let retry = 0; retry <= this.#maxRetries; retry++) {
      if (succeeded(await this.run(job))) return;
      if (!await this.#wait(this.#minBackoffMs * 2 ** retry)) return;
    }
  }

  async #fire(job: JobName): Promise<JobResult> {
    const startedAt = this.#clock.now();
    const answer = await this.#post(this.#processorUrl + JOBS[job].path);
    const result = { job, ...answer, ms: this.#clock.now() - startedAt };
    const fields = { job, status: result.status, ms: result.ms };
    if (succeeded(result)) this.#log?.info("job_done", fields);
    else this.#log?.warn("job_failed", fields);
    return result;
  }

  async #post(url: string): Promise<{ status: number; body: unknown }> {
    try {
      const token = await this.#identity.tokenFor(url, this.#serviceAccount);
      const post = { url, body: {}, token, timeoutMs: this.#attemptDeadlineMs };
      const { status, text } = await postJson({ ...post, signal: this.#cut.signal });
      if (status === 401) this.#identity.forget(url, this.#serviceAccount);
      return { status, body: readBody(text) };
    } catch (error) {
      return { status: 0, body: { error: { code: 0, message: String(error) } } };
    }
  }

  /** Whether it is time now: false where the scheduler was closed meanwhile. */
  async #wait(ms: number): Promise<boolean> {
    const options = { signal: this.#stop.signal, ref: false };
    return await sleep(Math.max(0, ms), true, options).catch(() => false);
  }
}

function succeeded({ status }: JobResult): boolean {
  return status >= 200 && status < 300;
}

function readBody(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
