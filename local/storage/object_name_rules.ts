import { StorageFailure } from "./failures.ts";

/** Throws `bad_request` for a name that Cloud Storage does not take (cloud.google.com/storage/docs/objects#naming). */
export function checkObjectName(name: string): void {
  const bytes = Buffer.byteLength(name);
  const bad = bytes < 1 || bytes > 1024 || name === "." || name === ".." || /[\r\n\0]/.test(name);
  if (bad || name.startsWith(".well-known/acme-challenge/")) {
    throw new StorageFailure("bad_request", "Invalid object name.");
  }
}

/** Throws `bad_request` for a bucket name that Cloud Storage does not take. */
export function checkBucketName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name)) {
    throw new StorageFailure("bad_request", `Invalid bucket name: '${name}'`);
  }
}
