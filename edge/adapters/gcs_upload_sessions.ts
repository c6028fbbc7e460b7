import type { UploadSessions } from "@tintype/core/ports/upload_sessions";
import type { Bucket } from "@tintype/gcs/storage_call";
import { startSession } from "@tintype/gcs/xml_objects";
import { storageResult } from "./_storage_failure.ts";

/** Starts resumable sessions in one bucket. */
export function gcsUploadSessions(bucket: Bucket): UploadSessions {
  return {
    async start(name, { size, ...options }) {
      const starting = startSession(bucket, name, { ...options, maxBytes: size });
      return { url: await storageResult(starting) };
    },
  };
}
