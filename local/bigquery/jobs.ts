import { randomUUID } from "node:crypto";
import { GoogleError, toGoogleError } from "./google_error.ts";
import { formatRows, type TimestampFormat } from "./result_rows.ts";
import type { QueryOutcome } from "./run_query.ts";

/** How many finished jobs are kept for clients that ask for their results. */
const MAX_JOBS = 200;

/** Rows of a page where the request does not say. */
const DEFAULT_PAGE_ROWS = 10_000;

/** A job to run; it gets an id where it has none. */
export interface JobRequest {
  readonly jobId?: string | undefined;
  readonly configuration: unknown;
}

/** A query that ran: its outcome, or why it failed. */
interface Job {
  readonly jobId: string;
  readonly configuration: unknown;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly outcome: QueryOutcome | GoogleError;
}

/** Which rows of a job's result are asked for, and how its timestamps go out. */
export interface PageRequest {
  readonly maxResults: number | undefined;
  /** Index of the first row. */
  readonly startIndex: number;
  readonly timestampFormat: TimestampFormat;
}

/** Jobs that ran since the start, the newest {@link MAX_JOBS} of them. */
export class JobStore {
  readonly #project: string;
  readonly #jobs = new Map<string, Job>();

  constructor(project: string) {
    this.#project = project;
  }

  /** Runs `work` as a job; throws GoogleError `duplicate` where the id is taken. */
  async run(request: JobRequest, work: () => Promise<QueryOutcome>): Promise<Job> {
    const { jobId = `job_${randomUUID()}`, configuration } = request;
    if (this.#jobs.has(jobId)) {
      throw new GoogleError("duplicate", `Already Exists: Job ${this.#project}:US.${jobId}`);
    }
    const startedMs = Date.now();
    const outcome = await work().catch(toGoogleError);
    const job = { jobId, configuration, startedMs, endedMs: Date.now(), outcome };
    this.#keep(job);
    return job;
  }

  /** A job; throws GoogleError `notFound`. */
  get(jobId: string): Job {
    const job = this.#jobs.get(jobId);
    if (job !== undefined) return job;
    throw new GoogleError("notFound", `Not found: Job ${this.#project}:US.${jobId}`);
  }

  /** A job as `jobs.get` shows it. */
  describe({ jobId, configuration, startedMs, endedMs, outcome }: Job): Record<string, unknown> {
    const failure = outcome instanceof GoogleError ? outcome.proto : undefined;
    return {
      kind: "bigquery#job",
      id: `${this.#project}:US.${jobId}`,
      jobReference: this.#reference(jobId),
      configuration,
      status: {
        state: "DONE",
        ...failure && { errorResult: failure, errors: [failure] },
      },
      statistics: {
        creationTime: String(startedMs),
        startTime: String(startedMs),
        endTime: String(endedMs),
        ...!(outcome instanceof GoogleError) && {
          query: { statementType: outcome.statementType, ...bytes, ...dmlFields(outcome) },
        },
      },
    };
  }

  /** A page of a job's result as `jobs.query` and `jobs.getQueryResults` show it; throws the job's own error. */
  page({ jobId, outcome }: Job, request: PageRequest): Record<string, unknown> {
    if (outcome instanceof GoogleError) throw outcome;
    const { startIndex, maxResults = DEFAULT_PAGE_ROWS, timestampFormat } = request;
    const end = startIndex + maxResults;
    const rows = formatRows(outcome.rows.slice(startIndex, end), timestampFormat);
    return {
      kind: "bigquery#queryResponse",
      jobReference: this.#reference(jobId),
      jobComplete: true,
      cacheHit: false,
      ...bytes,
      ...outcome.dmlStats === undefined && {
        schema: { fields: outcome.fields },
        totalRows: String(outcome.rows.length),
        rows,
      },
      ...end < outcome.rows.length && { pageToken: String(end) },
      ...dmlFields(outcome),
    };
  }

  #reference(jobId: string) {
    return { projectId: this.#project, jobId, location: "US" };
  }

  #keep(job: Job): void {
    this.#jobs.set(job.jobId, job);
    for (const jobId of this.#jobs.keys()) {
      if (this.#jobs.size <= MAX_JOBS) return;
      this.#jobs.delete(jobId);
    }
  }
}

const bytes = { totalBytesProcessed: "0" } as const;

function dmlFields({ dmlStats }: QueryOutcome) {
  if (dmlStats === undefined) return {};
  const { insertedRowCount, updatedRowCount, deletedRowCount } = dmlStats;
  return {
    numDmlAffectedRows: String(insertedRowCount + updatedRowCount + deletedRowCount),
    dmlStats: {
      insertedRowCount: String(insertedRowCount),
      updatedRowCount: String(updatedRowCount),
      deletedRowCount: String(deletedRowCount),
    },
  };
}
