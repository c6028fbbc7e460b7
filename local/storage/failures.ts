/** What can go wrong: status, the JSON API's reason, the XML API's code, and what it says where nothing better is known. */
export const FAILURES = {
  bad_request: {
    status: 400,
    reason: "invalid",
    code: "InvalidArgument",
    message: "Invalid argument.",
  },
  bad_digest: {
    status: 400,
    reason: "invalid",
    code: "BadDigest",
    message: "The checksum you specified did not match what was received.",
  },
  too_small: {
    status: 400,
    reason: "invalid",
    code: "EntityTooSmall",
    message: "Your proposed upload is smaller than the minimum object size specified.",
  },
  too_large: {
    status: 400,
    reason: "uploadTooLarge",
    code: "EntityTooLarge",
    message: "Your proposed upload exceeds the maximum allowed object size.",
  },
  access_denied: {
    status: 403,
    reason: "forbidden",
    code: "AccessDenied",
    message: "Access denied.",
  },
  no_such_bucket: {
    status: 404,
    reason: "notFound",
    code: "NoSuchBucket",
    message: "The specified bucket does not exist.",
  },
  no_such_object: {
    status: 404,
    reason: "notFound",
    code: "NoSuchKey",
    message: "The specified key does not exist.",
  },
  no_such_upload: {
    status: 404,
    reason: "notFound",
    code: "NoSuchUpload",
    message: "The requested upload was not found.",
  },
  not_found: { status: 404, reason: "notFound", code: "NotFound", message: "Not Found" },
  method_not_allowed: {
    status: 405,
    reason: "methodNotAllowed",
    code: "MethodNotAllowed",
    message: "The specified method is not allowed against this resource.",
  },
  bucket_exists: {
    status: 409,
    reason: "conflict",
    code: "BucketAlreadyExists",
    message: "The requested bucket name is not available.",
  },
  bucket_not_empty: {
    status: 409,
    reason: "conflict",
    code: "BucketNotEmpty",
    message: "The bucket you tried to delete is not empty.",
  },
  upload_gone: {
    status: 410,
    reason: "uploadGone",
    code: "UploadGone",
    message: "The upload session is over.",
  },
  length_required: {
    status: 411,
    reason: "lengthRequired",
    code: "MissingContentLength",
    message: "You must provide the Content-Length HTTP header.",
  },
  precondition_failed: {
    status: 412,
    reason: "conditionNotMet",
    code: "PreconditionFailed",
    message: "At least one of the pre-conditions you specified did not hold.",
  },
  range_not_satisfiable: {
    status: 416,
    reason: "requestedRangeNotSatisfiable",
    code: "InvalidRange",
    message: "The requested range cannot be satisfied.",
  },
  too_many_mutations: {
    status: 429,
    reason: "rateLimitExceeded",
    code: "SlowDown",
    message:
      "The object exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate.",
  },
  upload_cancelled: {
    status: 499,
    reason: "uploadCancelled",
    code: "ClientClosedRequest",
    message: "Client Closed Request",
  },
  internal: {
    status: 500,
    reason: "backendError",
    code: "InternalError",
    message: "We encountered an internal error. Please try again.",
  },
} as const satisfies Record<
  string,
  { readonly status: number; readonly reason: string; readonly code: string; message: string }
>;

/** The closed list of failures. */
export type FailureKind = keyof typeof FAILURES;

/** Thrown wherever a request cannot be done; each API renders it in its own form. */
export class StorageFailure extends Error {
  override readonly name = "StorageFailure";
  readonly kind: FailureKind;
  /** What exactly was wrong; undefined where the kind says it all. */
  readonly details: string | undefined;

  constructor(kind: FailureKind, details?: string) {
    super(details ?? FAILURES[kind].message);
    this.kind = kind;
    this.details = details;
  }
}
