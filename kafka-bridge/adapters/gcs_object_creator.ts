import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, isAppError } from "@tintype/core/errors";
import type { ObjectName } from "@tintype/core/model/object_name";
import type { CreateOutcome, ObjectCreator, WriteOptions } from "@tintype/core/ports/object_store";
import { type BucketAccess, isRetryable, StorageFailure, storageSender } from "./_gcs_request.ts";
import { uploadInSession } from "./_gcs_session.ts";

/** Where to create. */
export interface GcsObjectCreatorOptions {
  readonly bucket: string;
  readonly project: string;
  /** Another address than Cloud Storage's own, asked without credentials; the local stand-in's. */
  readonly endpoint: string | undefined;
  readonly timeoutMs: number;
}

const GOOGLE_ENDPOINT = "https://storage.googleapis.com";
/** A kept connection that the other side has just closed must not count as a failure. */
const ATTEMPTS = 3;
const FIRST_DELAY_MS = 50;

/**
 * Creates objects with `ifGenerationMatch=0`: bytes in one request, a stream in a resumable session.
 * "Already there" is a 412, or a 403 that names the delete permission, as the identity may only create.
 * No checksum of its own: what comes whole over TLS is as Kafka's client had it, and the processor compares the digest
 * that a record declares.
 */
export function gcsObjectCreator(options: GcsObjectCreatorOptions): ObjectCreator {
  const { bucket, endpoint = GOOGLE_ENDPOINT, timeoutMs } = options;
  const access: BucketAccess = {
    bucket,
    endpoint,
    send: storageSender(new URL(endpoint), timeoutMs),
    authorize: authorizer(options),
  };
  return {
    async create(name, body, given) {
      try {
        return body instanceof Uint8Array
          ? await createAtOnce(access, { name, body, given })
          : await uploadInSession(access, {
            resource: resourceOf(name, given),
            contentType: given.contentType,
            body,
            signal: given.signal,
          });
      } catch (error) {
        if (isAlreadyThere(error)) return { created: false };
        if (isAppError(error)) throw error;
        throw new AppError(
          "unavailable",
          "Cannot create raw object as Cloud Storage does not take it now",
          { cause: error },
        );
      }
    },
  };
}

function authorizer({ endpoint, project }: GcsObjectCreatorOptions): BucketAccess["authorize"] {
  if (endpoint !== undefined) return async () => ({});
  // Loaded where it is needed: it takes half of the start's time, and memory.
  const loading = import("@google-cloud/storage").then(({ Storage }) =>
    new Storage({ projectId: project }).authClient
  );
  return async () => Object.fromEntries(new Headers(await (await loading).getRequestHeaders()));
}

async function createAtOnce(
  access: BucketAccess,
  { name, body, given }: {
    readonly name: ObjectName;
    readonly body: Uint8Array;
    readonly given: WriteOptions;
  },
): Promise<CreateOutcome> {
  for (let attempt = 1;; attempt++) {
    try {
      return await createOnce(access, { name, body, given });
    } catch (error) {
      if (attempt === ATTEMPTS || given.signal?.aborted || !isRetryable(error)) throw error;
    }
    await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
  }
}

async function createOnce(
  { bucket, endpoint, send, authorize }: BucketAccess,
  { name, body, given }: {
    readonly name: ObjectName;
    readonly body: Uint8Array;
    readonly given: WriteOptions;
  },
): Promise<CreateOutcome> {
  const url = new URL(`/upload/storage/v1/b/${bucket}/o`, endpoint);
  url.search = new URLSearchParams({
    uploadType: "multipart",
    name,
    ifGenerationMatch: "0",
    fields: "generation",
  }).toString();
  const boundary = randomUUID();
  const part = (type: string) => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
  const resource = JSON.stringify(resourceOf(name, given));
  const answer = await send({
    method: "POST",
    url,
    headers: {
      ...await authorize(),
      "content-type": `multipart/related; boundary=${boundary}`,
    },
    body: [
      Buffer.from(`${part("application/json")}${resource}\r\n${part(given.contentType)}`),
      body,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ],
    signal: given.signal,
  });
  if (answer.status !== 200) throw new StorageFailure(answer);
  return { created: true, generation: String(JSON.parse(answer.text).generation) };
}

function resourceOf(name: ObjectName, { contentType, customTimeMs, metadata }: WriteOptions) {
  return {
    name,
    contentType,
    customTime: new Date(customTimeMs).toISOString(),
    metadata: { ...metadata },
  };
}

function isAlreadyThere(error: unknown): boolean {
  if (!(error instanceof StorageFailure)) return false;
  if (error.code === 412) return true;
  return error.code === 403 && /storage\.objects\.delete/.test(error.message);
}
