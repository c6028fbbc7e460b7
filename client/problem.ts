import { fieldsOf } from "./_private.ts";

/** Why a call did not succeed: the edge's problem document (RFC 9457), or what stood in its place. */
export interface Problem {
  /** The answer's status; 0 where none came. */
  readonly status: number;
  /**
   * The edge's code, or one of the client's own: `network` (no whole answer came), `protocol` (the answer was none of
   * the contract's), `stalled` (the store takes nothing more), `session_lost`, `digest_mismatch`, `conflict`, `timeout`,
   * `http_{status}`.
   */
  readonly code: string;
  readonly detail: string;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** Thrown by every call of the client. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options);
    this.problem = problem;
  }
}

/** Reads an error answer and its text, whoever wrote it: the edge's problem document, or Cloud Storage's own. */
export function problemOf(response: Response, text: string): Problem {
  const { code, detail } = isJson(response) ? fieldsOf(text) : {};
  return {
    status: response.status,
    code: typeof code === "string" ? code : `http_${response.status}`,
    detail: typeof detail === "string" ? detail : `the answer was ${response.status}`,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfterMs: retryAfterMs(response),
  };
}

/** `Retry-After` in seconds (RFC 9110, section 10.2.3), as milliseconds. */
function retryAfterMs(response: Response): number | undefined {
  const value = response.headers.get("retry-after");
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined;
}

function isJson(response: Response): boolean {
  return /[/+]json/.test(response.headers.get("content-type") ?? "");
}
