import { createHash } from "node:crypto";
import { Storage } from "@google-cloud/storage";
import { AppError } from "@tintype/core/errors";
import type { ObjectCreator } from "@tintype/core/ports/object_store";

/** Where to create. */
export interface GcsObjectCreatorOptions {
  readonly bucket: string;
  readonly project: string;
  /** Another address than Cloud Storage's own; the local stand-in's. */
  readonly endpoint: string | undefined;
  readonly timeoutMs: number;
}

/**
 * Creates objects with `ifGenerationMatch=0` and an MD5 that Cloud Storage verifies before the object is there.
 * "Already there" is a 412, or a 403 that names the delete permission, as the identity may only create.
 */
export function gcsObjectCreator(options: GcsObjectCreatorOptions): ObjectCreator {
  const storage = new Storage({
    projectId: options.project,
    timeout: options.timeoutMs,
    retryOptions: { autoRetry: true, maxRetries: 3, totalTimeout: 20, maxRetryDelay: 4 },
    ...(options.endpoint === undefined ? {} : { apiEndpoint: options.endpoint }),
  });
  const bucket = storage.bucket(options.bucket);
  return {
    async create(name, body, { contentType, customTimeMs, metadata }) {
      if (!(body instanceof Uint8Array)) {
        throw new TypeError("Cannot create from a stream here as records are whole");
      }
      const file = bucket.file(name);
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      try {
        await file.save(bytes, {
          resumable: false,
          // The client's own validation deletes what does not match, which this identity may not.
          validation: false,
          preconditionOpts: { ifGenerationMatch: 0 },
          metadata: {
            contentType,
            md5Hash: createHash("md5").update(bytes).digest("base64"),
            customTime: new Date(customTimeMs).toISOString(),
            metadata: { ...metadata },
          },
        });
      } catch (error) {
        if (isAlreadyThere(error)) return { created: false };
        throw new AppError(
          "unavailable",
          "Cannot create raw object as Cloud Storage does not take it now",
          { cause: error },
        );
      }
      return { created: true, generation: String(file.metadata.generation ?? "0") };
    },
  };
}

function isAlreadyThere(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.code === 412) return true;
  return error.code === 403 && /storage\.objects\.delete/.test(error.message);
}
