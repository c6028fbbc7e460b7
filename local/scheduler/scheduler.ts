/**
 * Cloud Scheduler on one machine: fires each job at its interval with an identity token,
 * never two of one job at once, and tries again with backoff where it failed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@tintype/core/ports/log";
import type { IdentityTokens } from "../pubsub/identity_tokens.ts";
import { postJson } from "../pubsub/post_json.ts";
import type { SchedulerJob } from "./scheduler_jobs.ts";

/** How a job went. */
interface JobResult {
  readonly job: string;
  /** The job's own; 0 where no response came in time. */
  readonly status: number;
  /** The response's JSON, its text where it is none, null where there is none. */
  readonly body: unknown;
  readonly ms: number;
}

/** What a {@link Scheduler} is made of. */
export interface SchedulerOptions {
  readonly jobs: readonly SchedulerJob[];
  readonly identity: IdentityTokens;
  /** First wait before a failed job is tried again in milliseconds, doubled each time: 1 000. */
  readonly minBackoffMs?: number;
  /** How often a failed job is tried again before its next turn: 5. */
  readonly maxRetries?: number;
  readonly log?: Log;
}

const SERVICE_ACCOUNT = "scheduler@tintype-local.iam.gserviceaccount.com";
/** A job that does not respond within it has failed. */
const ATTEMPT_DEADLINE_MS = 180_000;
const MIN_BACKOFF_MS = 1_000;
const MAX_RETRIES = 5;

/** Fires the jobs between {@link start} and {@link close}. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  readonly #last = new Map<string, Promise<unknown>>();
  #loops: readonly Promise<void>[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** The names that {@link run} knows. */
  get jobNames(): string[] {
    return this.#options.jobs.map(({ name }) => name);
  }

  /** Starts the intervals; each job has its first turn when its first interval is over. */
  start(): void {
    if (this.#loops.length > 0) return;
    this.#loops = this.#options.jobs.map((job) => this.#loop(job));
  }

  /** Runs a job once, now or as soon as the one under way is over; rejects only with a RangeError for a name that is no job. */
  async run(name: string, body: object = {}): Promise<JobResult> {
    const job = this.#options.jobs.find((each) => each.name === name);
    if (job === undefined) throw new RangeError(`Unknown job: ${name}`);
    const before = this.#last.get(name) ?? Promise.resolve();
    const result = before.then(() => this.#fire(job, body));
    this.#last.set(name, result);
    return await result;
  }

  /** Starts no more jobs, waits for those under way up to `graceMs`, and cuts the rest. */
  async close(graceMs = 5_000): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#cut.abort(), graceMs);
    await Promise.all([...this.#loops, ...this.#last.values()]);
    clearTimeout(timer);
  }

  /** A turn that comes while the last one is still at work is passed over. */
  async #loop({ name, intervalMs }: SchedulerJob): Promise<void> {
    let nextAt = Date.now() + intervalMs;
    while (await this.#wait(nextAt - Date.now())) {
      await this.#runWithRetries(name);
      const lateMs = Math.max(0, Date.now() - nextAt);
      nextAt += intervalMs * (1 + Math.floor(lateMs / intervalMs));
    }
  }

  async #runWithRetries(name: string): Promise<void> {
    const { maxRetries = MAX_RETRIES, minBackoffMs = MIN_BACKOFF_MS } = this.#options;
    for (let retry = 0; retry <= maxRetries; retry++) {
      if (succeeded(await this.run(name))) return;
      if (!await this.#wait(minBackoffMs * 2 ** retry)) return;
    }
  }

  async #fire({ name, url }: SchedulerJob, body: object): Promise<JobResult> {
    const { log } = this.#options;
    const startedAt = Date.now();
    const result = { job: name, ...await this.#post(url, body), ms: Date.now() - startedAt };
    const fields = { job: name, status: result.status, ms: result.ms };
    if (succeeded(result)) log?.info("job_done", fields);
    else log?.warn("job_failed", fields);
    return result;
  }

  async #post(url: string, body: object): Promise<Pick<JobResult, "status" | "body">> {
    const { identity } = this.#options;
    try {
      const token = await identity.tokenFor(url, SERVICE_ACCOUNT);
      const post = { url, body, token, timeoutMs: ATTEMPT_DEADLINE_MS };
      const { status, text } = await postJson({ ...post, signal: this.#cut.signal });
      if (status === 401) identity.forget(url, SERVICE_ACCOUNT);
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
