/** A problem's status, its title and what its page says. */
interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly help: string;
}

/** Every problem the edge answers with; the contract may be added to, never changed. */
export const PROBLEM_TYPES = {
  invalid_json: {
    status: 400,
    title: "The body is not JSON",
    help: "Send a JSON object with Content-Type: application/json.",
  },
  invalid_request: {
    status: 400,
    title: "The request is not of its form",
    help: "The errors name each wrong field or parameter and what it must be.",
  },
  unauthenticated: {
    status: 401,
    title: "A valid access token is needed",
    help: "Send Authorization: Bearer with a token of the configured issuer and audience.",
  },
  forbidden: {
    status: 403,
    title: "The token does not allow this",
    help: "WWW-Authenticate names the scope that is missing.",
  },
  not_found: {
    status: 404,
    title: "There is no such thing",
    help: "It never was, it is not yours, it was erased, or its retention period is over.",
  },
  method_not_allowed: {
    status: 405,
    title: "The page does not take this method",
    help: "Allow names the methods that it takes.",
  },
  conflict: {
    status: 409,
    title: "It contradicts what is there",
    help:
      "Other bytes are there under this imageId, or its time does not allow this any more. Send it under a new id.",
  },
  erased: {
    status: 409,
    title: "The image was erased",
    help: "An erased image's id cannot be used again. Send it under a new id.",
  },
  length_required: {
    status: 411,
    title: "Content-Length is needed",
    help: "Send the size in bytes, or the file as multipart/form-data.",
  },
  too_large: {
    status: 413,
    title: "It has too many bytes",
    help:
      "The detail names the limit. Larger images go by POST /v1/uploads, up to the plan's limit.",
  },
  unsupported_type: {
    status: 415,
    title: "The type is not one that is taken",
    help: "The detail names the types that are taken.",
  },
  not_an_image: {
    status: 422,
    title: "The bytes are not an image",
    help: "The first bytes must be those of a supported type, whatever type was declared.",
  },
  digest_mismatch: {
    status: 422,
    title: "The digest is not the declared one",
    help: "The bytes were changed on their way, or the digest is another file's. Send them again.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    help: "Wait for the seconds that Retry-After names.",
  },
  quota_exceeded: {
    status: 429,
    title: "The day's quota is used up",
    help: "Retry-After names the seconds until the next day (UTC) begins.",
  },
  internal: {
    status: 500,
    title: "Something went wrong on our side",
    help: "Try again; if it stays, tell the requestId to whoever operates the service.",
  },
  unavailable: {
    status: 503,
    title: "The service cannot answer now",
    help: "Wait for the seconds that Retry-After names, then try again.",
  },
} as const satisfies Record<string, ProblemType>;

/** The code of a problem. */
export type ProblemCode = keyof typeof PROBLEM_TYPES;

/** Whether `value` is the code of a problem. */
export function isProblemCode(value: string): value is ProblemCode {
  return Object.hasOwn(PROBLEM_TYPES, value);
}
