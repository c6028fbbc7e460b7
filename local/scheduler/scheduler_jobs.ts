import { DAY_MS } from "@tintype/core/model/utc_day";
import { type RetentionPolicy, retentionPolicyOf } from "@tintype/core/retention/policy";

/** A scheduled job: a POST at an interval. */
export interface SchedulerJob {
  readonly name: string;
  /** Also the audience of its identity token. */
  readonly url: string;
  readonly intervalMs: number;
}

/** Whose jobs, and how long images are kept. */
interface SchedulerJobsOptions {
  /** A base address without a slash at the end: `http://localhost:8082`. */
  readonly baseUrl: string;
  /** The period whose policy gives the intervals, in milliseconds. */
  readonly retentionMs: number;
}

/** Every job of the keeper (infra/terraform/scheduler.tf), with its interval under a policy. */
const JOBS: Readonly<Record<string, (policy: RetentionPolicy) => number>> = {
  sweep: ({ sweepIntervalMs }) => sweepIntervalMs,
  erasures: ({ erasureIntervalMs }) => erasureIntervalMs,
  repair: ({ repairIntervalMs }) => repairIntervalMs,
  days: () => DAY_MS,
};

/** The project's jobs; throws RangeError as `retentionPolicyOf` does. */
export function schedulerJobs({ baseUrl, retentionMs }: SchedulerJobsOptions): SchedulerJob[] {
  const policy = retentionPolicyOf(retentionMs);
  return Object.entries(JOBS).map(([name, intervalOf]) => ({
    name,
    url: `${baseUrl}/jobs/${name}`,
    intervalMs: intervalOf(policy),
  }));
}
