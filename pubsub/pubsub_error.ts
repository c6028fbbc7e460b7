import { fieldsOf, recordOf } from "@tintype/gcs/json_fields";
import { retryAfterMs } from "@tintype/gcs/retry_after";
import type { HeaderReader } from "@tintype/gcs/transport";

/** What a {@link PubSubError} is made of. */
export interface PubSubErrorFields {
  /** The HTTP status; 0 where no whole response came. */
  readonly status: number;
  /** The code of `google.rpc.Code`, such as `NOT_FOUND`; undefined where the response names none. */
  readonly code?: string | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Pub/Sub refused a call, or could not be reached; the message holds its own words. */
export class PubSubError extends Error {
  override readonly name = "PubSubError";
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, fields: PubSubErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.status = fields.status;
    this.code = fields.code;
    this.retryAfterMs = fields.retryAfterMs;
  }
}

const MAX_MESSAGE = 500;

/** The error of a response that is no success (https://cloud.google.com/apis/design/errors#http_mapping). */
export function pubSubErrorOf(
  { status, headers }: { readonly status: number; readonly headers: HeaderReader },
  body: string,
): PubSubError {
  const { message, status: code } = recordOf(fieldsOf(body)["error"]);
  const text = (typeof message === "string" ? message : body).slice(0, MAX_MESSAGE);
  return new PubSubError(`Pub/Sub responded with ${status}: ${text}`, {
    status,
    code: typeof code === "string" ? code : undefined,
    retryAfterMs: retryAfterMs(headers),
  });
}
