import { Refusal } from "../http/refusal.ts";

/** The codes of `google.rpc.Code` that are used here, with the status that each goes out with. */
const STATUSES = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
} as const;

/** A code of `google.rpc.Code`. */
export type RpcCode = keyof typeof STATUSES;

/** A refused call, in the form that Google's APIs give it (https://cloud.google.com/apis/design/errors). */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcCode;

  constructor(code: RpcCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get status(): number {
    return STATUSES[this.code];
  }

  get body(): unknown {
    return { error: { code: this.status, message: this.message, status: this.code } };
  }
}

/** The same error, or `INTERNAL` for an unexpected one. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof Refusal) {
    const code = error.kind === "not_emulated" ? "UNIMPLEMENTED" : "INVALID_ARGUMENT";
    return new RpcError(code, error.message);
  }
  return new RpcError("INTERNAL", "The local Pub/Sub met an unexpected error", { cause: error });
}
