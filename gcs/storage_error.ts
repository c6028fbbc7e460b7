import { fieldsOf, recordOf } from "./json_fields.ts";
import { retryAfterMs } from "./retry_after.ts";
import { isTaken } from "./session_state.ts";
import type { StorageResponse } from "./transport.ts";

/** What a {@link StorageError} is made of. */
export interface StorageErrorFields {
  /** The HTTP status; 0 where no whole response came. */
  readonly status: number;
  /** The XML API's code, such as `AccessDenied`; where no response came, the connection's, such as `ECONNRESET`. */
  readonly code?: string | undefined;
  /** The JSON API's reason, such as `conditionNotMet`. */
  readonly reason?: string | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Cloud Storage refused, or could not be reached; the message holds its own words and no address. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly status: number;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, fields: StorageErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.status = fields.status;
    this.code = fields.code;
    this.reason = fields.reason;
    this.retryAfterMs = fields.retryAfterMs;
  }
}

const MAX_BODY = 65_536;

/** The error of a response that is no success, from its body in either API's form (at most 64 KiB of it). */
export function storageErrorOf(
  { status, headers }: Pick<StorageResponse, "status" | "headers">,
  body: string,
): StorageError {
  const text = body.slice(0, MAX_BODY);
  const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1];
  const { reason, message } = code === undefined ? jsonErrorOf(text) : xmlErrorOf(text);
  const fields = { status, code, reason, retryAfterMs: retryAfterMs(headers) };
  const what = code ?? reason ?? "";
  return new StorageError(`Responded with ${status} ${what}: ${message.slice(0, 500)}`, fields);
}

/** Whether a create-only write failed because its name is taken ({@link isTaken}). */
export function isAlreadyThere(error: unknown): error is StorageError {
  return error instanceof StorageError && isTaken(error.status, error.message);
}

function xmlErrorOf(text: string) {
  const parts = ["Message", "Details"].map((tag) => new RegExp(`<${tag}>([^<]*)<`).exec(text)?.[1]);
  return { reason: undefined, message: parts.filter((part) => part !== undefined).join(" ") };
}

/** `{error: {message, errors: [{reason}]}}`; anything else is the message itself. */
function jsonErrorOf(text: string) {
  const { message, errors } = recordOf(fieldsOf(text)["error"]);
  const { reason } = recordOf(Array.isArray(errors) ? errors[0] : undefined);
  return {
    reason: typeof reason === "string" ? reason : undefined,
    message: typeof message === "string" ? message : text,
  };
}
