/** Why a call did not succeed: the edge's problem document (RFC 9457), or what stood in its place. */
export interface Problem {
  readonly status: number;
  /** The edge's code, `network` where no answer came, `protocol` where the answer was none of the contract's. */
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

/** Reads an error answer, whoever wrote it: the edge's problem document, or Cloud Storage's own. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => "");
  const body = isJson(response) ? parse(text) : {};
  return {
    status: response.status,
    code: typeof body["code"] === "string" ? body["code"] : `http_${response.status}`,
    detail: typeof body["detail"] === "string"
      ? body["detail"]
      : `the answer was ${response.status}`,
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

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {}; // an object by the check
  } catch {
    return {};
  }
}
