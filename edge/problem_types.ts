/** A problem's status, its title and what its page says. */
interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly help: string;
}

/** Every problem the edge responds with; the contract may be added to, never changed. */
export const PROBLEM_TYPES = {
  invalid_json: {
    status: 400,
    title: "Invalid JSON",
    help: "Send a JSON object with Content-Type: application/json.",
  },
  invalid_request: {
    status: 400,
    title: "Invalid Request",
    help: "The errors name each wrong field or parameter and what it must be.",
  },
  unauthenticated: {
    status: 401,
    title: "Unauthorized",
    help: "Send Authorization: Bearer with a token of the configured issuer and audience.",
  },
  forbidden: {
    status: 403,
    title: "Forbidden",
    help: "WWW-Authenticate names the scope that is missing.",
  },
  not_found: {
    status: 404,
    title: "Not Found",
    help: "It never was, it is not yours, it was erased, or its retention period is over.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method Not Allowed",
    help: "Allow names the methods that it takes.",
  },
  conflict: {
    status: 409,
    title: "Conflict",
    help:
      "Other bytes are there under this imageId, or its time does not allow this any more. Send it under a new id.",
  },
  erased: {
    status: 409,
    title: "Image Erased",
    help: "An erased image's id cannot be used again. Send it under a new id.",
  },
  length_required: {
    status: 411,
    title: "Length Required",
    help: "Send the size in bytes, or the file as multipart/form-data.",
  },
  too_large: {
    status: 413,
    title: "Content Too Large",
    help:
      "The detail names the limit. Larger images go by POST /v1/uploads, up to the plan's limit.",
  },
  unsupported_type: {
    status: 415,
    title: "Unsupported Media Type",
    help: "The detail names the types that are taken.",
  },
  not_an_image: {
    status: 422,
    title: "Not an Image",
    help: "The first bytes must be those of a supported type, whatever type was declared.",
  },
  digest_mismatch: {
    status: 422,
    title: "Digest Mismatch",
    help: "The bytes were changed on their way, or the digest is another file's. Send them again.",
  },
  rate_limited: {
    status: 429,
    title: "Too Many Requests",
    help: "Wait for the seconds that Retry-After names.",
  },
  quota_exceeded: {
    status: 429,
    title: "Quota Exceeded",
    help: "Retry-After names the seconds until the next day (UTC) begins.",
  },
  internal: {
    status: 500,
    title: "Internal Server Error",
    help: "Try again; if it stays, send the requestId to the operator of the service.",
  },
  unavailable: {
    status: 503,
    title: "Service Unavailable",
    help: "Wait for the seconds that Retry-After names, then try again.",
  },
} as const satisfies Record<string, ProblemType>;

/** The code of a problem. */
export type ProblemCode = keyof typeof PROBLEM_TYPES;

/** Whether `value` is the code of a problem. */
export function isProblemCode(value: string): value is ProblemCode {
  return Object.hasOwn(PROBLEM_TYPES, value);
}
