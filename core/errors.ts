/**
 * The one error class of Tintype and its closed list of kinds and codes.
 *
 * Core never speaks HTTP: each entry point has one exhaustive table from kind to its response
 * (edge: status; processor: ack or retry; bridge: commit, dead-letter or stop).
 */

/** What went wrong, as a caller must react to it. Closed: a new kind does not compile until every entry point responds to it. */
export type ErrorKind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "too_large"
  | "unsupported"
  | "unprocessable"
  | "rate_limited"
  | "unavailable"
  | "internal";

/** Every error code, with the kind it belongs to. */
export const ERROR_CODES = {
  invalid_json: "invalid",
  invalid_request: "invalid",
  length_required: "invalid",
  method_not_allowed: "invalid",
  missing_subject: "invalid",
  invalid_record: "invalid",
  timestamp_out_of_range: "invalid",
  storage_refused: "invalid",
  invalid_config: "invalid",
  unauthenticated: "unauthenticated",
  forbidden: "forbidden",
  not_found: "not_found",
  conflict: "conflict",
  erased: "conflict",
  too_late: "conflict",
  too_large: "too_large",
  unsupported_type: "unsupported",
  not_an_image: "unprocessable",
  digest_mismatch: "unprocessable",
  rate_limited: "rate_limited",
  quota_exceeded: "rate_limited",
  unavailable: "unavailable",
  internal: "internal",
} as const satisfies Record<string, ErrorKind>;

/** The closed union of error codes. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** A field that is wrong: where it is (`size`, `headers.subject`) and what it should be. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A limit that was met: what it lets through in a window, and what is left of it. */
export interface LimitState {
  readonly name: string;
  readonly quota: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** What it counts, where that is not requests. */
  readonly unit?: "content-bytes";
}

/** What an {@link AppError} may carry beside its message. */
interface AppErrorOptions {
  /** Fields that are wrong, for the caller to correct. */
  readonly errors?: readonly FieldError[];
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs?: number | undefined;
  /** The limits that stand in the way. */
  readonly limits?: readonly LimitState[];
  /** What was caught; for logs, never for the caller. */
  readonly cause?: unknown;
}

/** The error that crosses rooms: a closed code, its kind, and a message that may be shown to the caller. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  /** Safe to show to whoever called; says what is wrong and what would be right. */
  readonly publicMessage: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterMs: number | undefined;
  readonly limits: readonly LimitState[];

  constructor(code: ErrorCode, publicMessage: string, options: AppErrorOptions = {}) {
    super(publicMessage, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = ERROR_CODES[code];
    this.publicMessage = publicMessage;
    this.errors = options.errors ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.limits = options.limits ?? [];
  }
}

/** Whether `error` is an {@link AppError}, of `code` where one is given. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** What a schema (zod) found wrong. */
interface SchemaFault {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** The error of a document that is not of its schema, which names each field; `subject` begins it: `Cannot read push`. */
export function schemaError(code: ErrorCode, subject: string, { issues }: SchemaFault): AppError {
  const errors = issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const list = errors.map(({ path, message }) => `${path || "(document)"}: ${message}`).join("; ");
  return new AppError(code, `${subject}: ${list}`, { errors });
}
