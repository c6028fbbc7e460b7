import { jsonReply, type Reply } from "../http/call.ts";
import { FAILURES, type StorageFailure } from "./failures.ts";

/** A failure in the JSON API's form (cloud.google.com/storage/docs/json_api/v1/status-codes). */
export function jsonFailure({ kind, message }: StorageFailure): Reply {
  const { status, reason } = FAILURES[kind];
  const place = kind === "precondition_failed"
    ? { locationType: "header", location: "If-Match" }
    : {};
  const errors = [{ message, domain: "global", reason, ...place }];
  return jsonReply(status, { error: { code: status, message, errors } });
}
