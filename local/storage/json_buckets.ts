import type { Clock } from "@tintype/core/ports/clock";
import * as z from "zod";
import { type Call, readText, type Reply } from "./call.ts";
import { StorageFailure } from "./failures.ts";
import { jsonReply } from "./json_reply.ts";
import type { ObjectDatabase } from "./object_database.ts";
import { checkBucketName } from "./object_name_rules.ts";
import type { BucketRecord } from "./object_record.ts";
import { bucketResource } from "./object_resource.ts";

const lifecycleRuleSchema = z.object({
  action: z.object({ type: z.string() }),
  condition: z.object({
    age: z.int().min(0).optional(),
    daysSinceCustomTime: z.int().min(0).optional(),
    matchesPrefix: z.array(z.string()).optional(),
    matchesSuffix: z.array(z.string()).optional(),
    isLive: z.boolean().optional(),
  }).catchall(z.unknown()),
});

const corsRuleSchema = z.object({
  origin: z.array(z.string()).default([]),
  method: z.array(z.string()).default([]),
  responseHeader: z.array(z.string()).default([]),
  maxAgeSeconds: z.int().default(3600),
});

/** What a request may say of a bucket; the rest of the resource is passed over. */
const bodySchema = z.object({
  name: z.string().optional(),
  lifecycle: z.object({ rule: z.array(lifecycleRuleSchema).default([]) }).nullish(),
  cors: z.array(corsRuleSchema).nullish(),
});

/** What {@link JsonBuckets} is made of. */
export interface JsonBucketsOptions {
  readonly database: ObjectDatabase;
  readonly clock: Clock;
  /** The bucket with a notification configuration. */
  readonly notifiedBucket: string;
}

/** The JSON API's buckets: get, list, insert, patch, delete. */
export class JsonBuckets {
  readonly #options: JsonBucketsOptions;

  constructor(options: JsonBucketsOptions) {
    this.#options = options;
  }

  /** Answers a request to `/storage/v1/b` (`name` is empty) or `/storage/v1/b/{name}`. */
  async answer(call: Call, name: string): Promise<Reply> {
    const { method, baseUrl } = call;
    if (name === "") {
      if (method === "GET") return this.#list(call);
      if (method === "POST") return await this.#insert(call);
      throw new StorageFailure("method_not_allowed");
    }
    const bucket = this.#bucket(name);
    if (method === "GET") return jsonReply(200, bucketResource(bucket, baseUrl));
    if (method === "PATCH" || method === "PUT") return await this.#patch(call, bucket);
    if (method === "DELETE") return this.#remove(bucket);
    throw new StorageFailure("method_not_allowed");
  }

  /** Answers `/storage/v1/b/{name}/notificationConfigs`, which cannot be changed. */
  notifications({ method }: Call, name: string): Reply {
    if (method !== "GET") throw new StorageFailure("method_not_allowed");
    this.#bucket(name);
    const config = {
      kind: "storage#notification",
      id: "1",
      topic: "//pubsub.googleapis.com/projects/tintype-local/topics/tintype-events",
      payload_format: "JSON_API_V1",
      event_types: ["OBJECT_FINALIZE"],
    };
    const items = name === this.#options.notifiedBucket ? [config] : undefined;
    return jsonReply(200, { kind: "storage#notifications", items });
  }

  #list({ query, baseUrl }: Call): Reply {
    const prefix = query.get("prefix") ?? "";
    const buckets = this.#options.database.buckets().filter(({ name }) => name.startsWith(prefix));
    const items = buckets.map((bucket) => bucketResource(bucket, baseUrl));
    return jsonReply(200, { kind: "storage#buckets", items });
  }

  async #insert(call: Call): Promise<Reply> {
    const { database, clock } = this.#options;
    const { name = "", lifecycle, cors } = await readBody(call);
    checkBucketName(name);
    if (database.bucket(name) !== null) throw new StorageFailure("bucket_exists");
    const bucket = makeBucket(name, {
      nowMs: clock.now(),
      lifecycle: lifecycle?.rule ?? [],
      cors: cors ?? [],
    });
    database.putBucket(bucket);
    return jsonReply(200, bucketResource(bucket, call.baseUrl));
  }

  async #patch(call: Call, { name }: BucketRecord): Promise<Reply> {
    const { database, clock } = this.#options;
    const { lifecycle, cors } = await readBody(call);
    const before = this.#bucket(name);
    const bucket: BucketRecord = {
      ...before,
      metageneration: before.metageneration + 1,
      updatedMs: clock.now(),
      lifecycle: lifecycle === undefined ? before.lifecycle : lifecycle?.rule ?? [],
      cors: cors === undefined ? before.cors : cors ?? [],
    };
    database.putBucket(bucket);
    return jsonReply(200, bucketResource(bucket, call.baseUrl));
  }

  #remove({ name }: BucketRecord): Reply {
    const { database } = this.#options;
    const [first] = database.objectsFrom(name, { from: "", inclusive: true }, 1);
    if (first !== undefined) throw new StorageFailure("bucket_not_empty");
    database.removeBucket(name);
    return { status: 204 };
  }

  #bucket(name: string): BucketRecord {
    const bucket = this.#options.database.bucket(name);
    if (bucket === null) throw new StorageFailure("no_such_bucket");
    return bucket;
  }
}

/** A new bucket. */
export function makeBucket(
  name: string,
  { nowMs, lifecycle, cors }: Pick<BucketRecord, "lifecycle" | "cors"> & { readonly nowMs: number },
): BucketRecord {
  return { name, metageneration: 1, createdMs: nowMs, updatedMs: nowMs, lifecycle, cors };
}

async function readBody(call: Call): Promise<z.infer<typeof bodySchema>> {
  const text = await readText(call.body, 1024 * 1024);
  try {
    return bodySchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : "Parse Error";
    throw new StorageFailure("bad_request", why);
  }
}
