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
  /** A base address without a slash at the end: `http://localhost:8080`. */
  readonly baseUrl: string;
  /** The period whose policy gives the intervals, in milliseconds. */
  readonly retentionMs: number;
}

/** Every job (infra/terraform/scheduler.tf), with the interval of the policy that it follows. */
const JOBS: Readonly<Record<string, keyof RetentionPolicy>> = {
  retention: "sweepIntervalMs",
  reconcile: "repairIntervalMs",
};

/** The project's jobs; throws RangeError as `retentionPolicyOf` does. */
export function schedulerJobs({ baseUrl, retentionMs }: SchedulerJobsOptions): SchedulerJob[] {
  const policy = retentionPolicyOf(retentionMs);
  return Object.entries(JOBS).map(([name, interval]) => ({
    name,
    url: `${baseUrl}/jobs/${name}`,
    intervalMs: policy[interval],
  }));
}
