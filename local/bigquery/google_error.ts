import { Refusal, type RefusalKind } from "../http/refusal.ts";

/** How BigQuery names what is wrong, with the status that each goes out with. */
const REASONS = {
  invalid: { status: 400, label: "INVALID_ARGUMENT" },
  invalidQuery: { status: 400, label: "INVALID_ARGUMENT" },
  parseError: { status: 400, label: "INVALID_ARGUMENT" },
  resourcesExceeded: { status: 400, label: "INVALID_ARGUMENT" },
  notFound: { status: 404, label: "NOT_FOUND" },
  duplicate: { status: 409, label: "ALREADY_EXISTS" },
  uploadTooLarge: { status: 413, label: "INVALID_ARGUMENT" },
  notImplemented: { status: 501, label: "UNIMPLEMENTED" },
  backendError: { status: 503, label: "UNAVAILABLE" },
} as const satisfies Record<string, { readonly status: number; readonly label: string }>;

const REFUSALS = {
  not_emulated: "notImplemented",
  invalid: "invalid",
  malformed: "parseError",
  too_large: "uploadTooLarge",
} as const satisfies Record<RefusalKind, string>;

/** A reason of Google's error list. */
type Reason = keyof typeof REASONS;

/** What goes wrong in a request, as BigQuery would say it. */
export class GoogleError extends Error {
  override readonly name = "GoogleError";
  readonly reason: Reason;

  constructor(reason: Reason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  /** Status of the HTTP answer. */
  get status(): number {
    return REASONS[this.reason].status;
  }

  /** One line of an `errors` list: of the error's body, or of a job's `status`. */
  get proto(): Record<string, string> {
    const { reason, message } = this;
    const place = reason === "invalidQuery" ? { location: "q", locationType: "parameter" } : {};
    return { message, domain: "global", reason, ...place };
  }

  /** The error's JSON body (https://cloud.google.com/bigquery/docs/error-messages). */
  get body(): unknown {
    const { status, message, proto } = this;
    return {
      error: { code: status, message, errors: [proto], status: REASONS[this.reason].label },
    };
  }
}

/** The same error, or a `backendError` for what nobody expected. */
export function toGoogleError(error: unknown): GoogleError {
  if (error instanceof GoogleError) return error;
  if (error instanceof Refusal) return new GoogleError(REFUSALS[error.kind], error.message);
  return new GoogleError("backendError", "The local BigQuery met an unexpected error", error);
}
