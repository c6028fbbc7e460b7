import { fieldsOf } from "@tintype/gcs/json_fields";
import { isRetryableStatus } from "@tintype/gcs/retry";
import { retryAfterMs } from "@tintype/gcs/retry_after";
import type { Problem as EdgeProblem } from "./contract.ts";

/**
 * The client's own codes: `network` (no whole answer came), `protocol` (the answer was none of the contract's),
 * `stalled` (the store takes nothing more), `session_lost` (the store forgot the session, again and again),
 * `storage_refused` (the store's answer is final), `unreadable` (the file cannot be read, or changed), `timeout`,
 * `cancelled`.
 */
export type ClientCode =
  | "network"
  | "protocol"
  | "stalled"
  | "session_lost"
  | "storage_refused"
  | "unreadable"
  | "timeout"
  | "cancelled";

/** The edge's codes, as its contract lists them. */
export type EdgeCode = EdgeProblem["code"];

/** Every code of a problem; an edge newer than this client may have one more. */
export type ProblemCode = EdgeCode | ClientCode;

/** Why a call did not succeed: the edge's problem document (RFC 9457), or what stood in its place. */
export interface Problem {
  /** The answer's status; 0 where none came. */
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Which fields were wrong. */
  readonly errors?: EdgeProblem["errors"] | undefined;
}

/** Thrown by every call of the client. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options);
    this.problem = problem;
  }

  /** The problem's code. */
  get code(): ProblemCode {
    return this.problem.code;
  }
}

/** Reads the edge's error answer; one without a problem document is of code `protocol`, or `unavailable` from 500 on. */
export function problemOf(response: Response, text: string): Problem {
  const { status } = response;
  const { code, detail, errors } = isProblem(response) ? fieldsOf(text) : {};
  return {
    status,
    // A code that is not in the list yet passes as it is.
    code: typeof code === "string" ? code as EdgeCode : status >= 500 ? "unavailable" : "protocol",
    detail: typeof detail === "string" ? detail : `the answer was ${status}`,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfterMs: retryAfterMs(response.headers),
    errors: Array.isArray(errors) ? errors as EdgeProblem["errors"] : undefined, // the edge's contract
  };
}

/** What a store's error means: `unavailable` where trying again may help, else `storage_refused`. */
export function storageProblemOf({ status, headers }: Response): Problem {
  const code = isRetryableStatus(status) ? "unavailable" : "storage_refused";
  const detail = `the store responded with ${status}`;
  return { status, code, detail, retryAfterMs: retryAfterMs(headers) };
}

function isProblem(response: Response): boolean {
  return /[/+]json/.test(response.headers.get("content-type") ?? "");
}
