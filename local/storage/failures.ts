/** What can go wrong: status, the JSON API's reason, the XML API's code. */
export const FAILURES = {
  bad_request: { status: 400, reason: "invalid", code: "InvalidArgument" },
  bad_digest: { status: 400, reason: "invalid", code: "BadDigest" },
  too_small: { status: 400, reason: "invalid", code: "EntityTooSmall" },
  too_large: { status: 400, reason: "uploadTooLarge", code: "EntityTooLarge" },
  access_denied: { status: 403, reason: "forbidden", code: "AccessDenied" },
  no_such_bucket: { status: 404, reason: "notFound", code: "NoSuchBucket" },
  no_such_object: { status: 404, reason: "notFound", code: "NoSuchKey" },
  no_such_upload: { status: 404, reason: "notFound", code: "NoSuchUpload" },
  bucket_exists: { status: 409, reason: "conflict", code: "BucketAlreadyExists" },
  bucket_not_empty: { status: 409, reason: "conflict", code: "BucketNotEmpty" },
  upload_gone: { status: 410, reason: "uploadGone", code: "UploadGone" },
  length_required: { status: 411, reason: "lengthRequired", code: "MissingContentLength" },
  precondition_failed: { status: 412, reason: "conditionNotMet", code: "PreconditionFailed" },
  range_not_satisfiable: {
    status: 416,
    reason: "requestedRangeNotSatisfiable",
    code: "InvalidRange",
  },
  too_many_mutations: { status: 429, reason: "rateLimitExceeded", code: "SlowDown" },
  upload_cancelled: { status: 499, reason: "uploadCancelled", code: "ClientClosedRequest" },
  internal: { status: 500, reason: "backendError", code: "InternalError" },
  not_implemented: { status: 501, reason: "notImplemented", code: "NotImplemented" },
} as const;

/** The closed list of failures. */
type FailureKind = keyof typeof FAILURES;

/** What each failure says where nothing better is known. */
export const MESSAGES: Readonly<Record<FailureKind, string>> = {
  bad_request: "Invalid argument.",
  bad_digest: "The checksum you specified did not match what was received.",
  too_small: "Your proposed upload is smaller than the minimum object size specified.",
  too_large: "Your proposed upload exceeds the maximum allowed object size.",
  access_denied: "Access denied.",
  no_such_bucket: "The specified bucket does not exist.",
  no_such_object: "The specified key does not exist.",
  no_such_upload: "The requested upload was not found.",
  bucket_exists: "The requested bucket name is not available.",
  bucket_not_empty: "The bucket you tried to delete is not empty.",
  upload_gone: "The upload session is over.",
  length_required: "You must provide the Content-Length HTTP header.",
  precondition_failed: "At least one of the pre-conditions you specified did not hold.",
  range_not_satisfiable: "The requested range cannot be satisfied.",
  too_many_mutations:
    "The object exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate.",
  upload_cancelled: "Client Closed Request",
  internal: "We encountered an internal error. Please try again.",
  not_implemented: "The emulator does not have this.",
};

/** Thrown where a request cannot be done; each API renders it in its own form. */
export class StorageFailure extends Error {
  override readonly name = "StorageFailure";
  readonly kind: FailureKind;
  /** What exactly was wrong; undefined where the kind says it all. */
  readonly details: string | undefined;

  constructor(kind: FailureKind, details?: string) {
    super(details ?? MESSAGES[kind]);
    this.kind = kind;
    this.details = details;
  }
}
