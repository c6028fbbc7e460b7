import { type File, type FileMetadata, IdempotencyStrategy, Storage } from "@google-cloud/storage";
import type { ObjectName } from "@tintype/core/model/object_name";
import type {
  CreateOutcome,
  Generation,
  ListPage,
  ListQuery,
  ObjectBody,
  ObjectFacts,
  ObjectReader,
  ObjectRemover,
  ObjectReplacer,
  ObjectStore,
  WriteOptions,
} from "@tintype/core/ports/object_store";
import { Readable } from "node:stream";
import { abortable, failureOf, statusOf } from "./_cloud_failure.ts";
import { Crc32c } from "./_crc32c.ts";
import { type MediaOptions, readMedia, writeMedia } from "./_gcs_media.ts";

/** Where a bucket is. */
export interface GcsObjectStoreOptions {
  readonly projectId: string;
  readonly bucket: string;
  /** A stand-in's address, asked without credentials; Cloud Storage itself where none is given. */
  readonly endpoint?: string | undefined;
}

const GOOGLE_ENDPOINT = "https://storage.googleapis.com";
const RETRIES = { maxRetries: 4, maxRetryDelay: 2, totalTimeout: 10 } as const; // delays in seconds
const REQUEST_TIMEOUT_MS = 60_000;
const FACTS_FIELDS = "name,generation,size,contentType,customTime,timeCreated,crc32c,metadata";

/** One bucket of Cloud Storage; every mutation carries a generation precondition, so that every one may be retried. */
export class GcsObjectStore implements ObjectStore {
  readonly #storage: Storage;
  readonly #bucket: string;
  readonly #media: MediaOptions;

  constructor({ projectId, bucket, endpoint }: GcsObjectStoreOptions) {
    this.#bucket = bucket;
    this.#storage = new Storage({
      projectId,
      ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
      timeout: REQUEST_TIMEOUT_MS,
      retryOptions: { ...RETRIES, idempotencyStrategy: IdempotencyStrategy.RetryConditional },
      crc32cGenerator: () => new Crc32c(),
    });
    this.#media = {
      endpoint: endpoint ?? GOOGLE_ENDPOINT,
      bucket,
      authorize: async () =>
        endpoint === undefined ? await this.#storage.authClient.getRequestHeaders() : new Headers(),
    };
  }

  async create(name: ObjectName, body: ObjectBody, options: WriteOptions): Promise<CreateOutcome> {
    try {
      const generation = await this.#write(name, body, { ...options, ifGeneration: "0" });
      return { created: true, generation };
    } catch (error) {
      if (isPreconditionFailed(error) || isDeleteForbidden(error)) return { created: false };
      throw this.#failed("create object", error, options.signal);
    }
  }

  async replace(...[name, body, options]: Parameters<ObjectReplacer["replace"]>) {
    try {
      return await this.#write(name, body, options);
    } catch (error) {
      if (isPreconditionFailed(error)) return null;
      throw this.#failed("replace object", error, options.signal);
    }
  }

  async stat(...[name, options]: Parameters<ObjectReader["stat"]>) {
    options?.signal?.throwIfAborted();
    try {
      const [metadata] = await abortable(this.#file(name).getMetadata(), options?.signal);
      return factsOf(metadata);
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw this.#failed("look at object", error, options?.signal);
    }
  }

  async read(...[name, options = {}]: Parameters<ObjectReader["read"]>) {
    try {
      return await readMedia(this.#media, { name, offset: 0, ...options });
    } catch (error) {
      throw this.#failed("read object", error, options.signal);
    }
  }

  async readRange(...[name, range]: Parameters<ObjectReader["readRange"]>) {
    try {
      return await readMedia(this.#media, { name, ...range });
    } catch (error) {
      throw this.#failed("read range", error, range.signal);
    }
  }

  async list({ signal, ...query }: ListQuery): Promise<ListPage> {
    signal?.throwIfAborted();
    try {
      const fields = `items(${FACTS_FIELDS}),prefixes,nextPageToken`;
      const asked = this.#storage.bucket(this.#bucket).getFiles({
        ...query,
        fields,
        autoPaginate: false,
      });
      const [resources, , answer]: readonly unknown[] = await abortable(asked, signal);
      // With `fields` the client gives resources where its types say files; the API's own answer it types as unknown.
      const { prefixes, nextPageToken } = (answer ?? {}) as Partial<ListPage>;
      return {
        objects: (resources as readonly FileMetadata[]).map(factsOf),
        prefixes: prefixes ?? [],
        nextPageToken,
      };
    } catch (error) {
      throw this.#failed("list objects", error, signal);
    }
  }

  async remove(...[name, options]: Parameters<ObjectRemover["remove"]>) {
    options.signal?.throwIfAborted();
    try {
      const asked = this.#file(name).delete({ ifGenerationMatch: options.generation });
      await abortable(asked, options.signal);
      return true;
    } catch (error) {
      if (statusOf(error) === 404 || isPreconditionFailed(error)) return false;
      throw this.#failed("remove object", error, options.signal);
    }
  }

  async #write(
    name: ObjectName,
    body: ObjectBody,
    options: WriteOptions & { readonly ifGeneration: Generation },
  ): Promise<Generation> {
    options.signal?.throwIfAborted();
    const { contentType, ifGeneration, signal } = options;
    const resource = {
      name,
      contentType,
      customTime: new Date(options.customTimeMs).toISOString(),
      metadata: { ...options.metadata },
    };
    if (body instanceof Uint8Array) {
      const checked = { ...resource, crc32c: crc32cOf(body) };
      return await writeMedia(this.#media, {
        resource: checked,
        body,
        contentType,
        ifGeneration,
        signal,
      });
    }
    return await this.#writeStream(body, { ...resource, ifGeneration, signal });
  }

  /** In a resumable session, as a stream can be read only once; the client compares the CRC32C afterwards. */
  async #writeStream(
    body: ReadableStream<Uint8Array>,
    { name, ifGeneration, signal, ...metadata }: {
      readonly name: ObjectName;
      readonly contentType: string;
      readonly customTime: string;
      readonly metadata: Record<string, string>;
      readonly ifGeneration: Generation;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<Generation> {
    const file = this.#file(name);
    // The same class, typed twice.
    const readable = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
    const saved = file.save(readable, {
      resumable: true,
      validation: "crc32c",
      preconditionOpts: { ifGenerationMatch: ifGeneration },
      metadata,
    });
    await abortable(saved, signal);
    return String(file.metadata.generation);
  }

  #file(name: string): File {
    return this.#storage.bucket(this.#bucket).file(name);
  }

  /** The signal's own reason where the call was aborted, else the AppError of what went wrong. */
  #failed(action: string, error: unknown, signal: AbortSignal | undefined): unknown {
    return signal?.aborted ? signal.reason : failureOf(action, error);
  }
}

function factsOf(metadata: FileMetadata): ObjectFacts {
  const { customTime, timeCreated } = metadata;
  return {
    name: String(metadata.name),
    generation: String(metadata.generation),
    size: Number(metadata.size),
    contentType: metadata.contentType,
    customTimeMs: customTime === undefined ? undefined : Date.parse(customTime),
    createdMs: Date.parse(timeCreated ?? ""),
    crc32c: metadata.crc32c,
    metadata: textsOf(metadata.metadata ?? {}),
  };
}

function textsOf(metadata: NonNullable<FileMetadata["metadata"]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => value !== null).map((
      [key, value],
    ) => [key, String(value)]),
  );
}

function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** An identity that may create but not delete is told so when the name is taken. */
function isDeleteForbidden(error: unknown): boolean {
  return statusOf(error) === 403 && String(error).includes("storage.objects.delete");
}

function crc32cOf(bytes: Uint8Array): string {
  const sum = new Crc32c();
  sum.update(bytes);
  return sum.toString();
}
