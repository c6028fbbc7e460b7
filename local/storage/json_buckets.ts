import * as z from "zod";
import { type Call, jsonReply, type Reply } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";
import { notificationConfigOf } from "./notification_outbox.ts";
import { checkBucketName } from "./object_name_rules.ts";
import { type BucketRecord, makeBucket } from "./object_record.ts";
import { bucketResource } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { readBody } from "./read_request.ts";

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

/** What a request may set of a bucket; the rest of the resource is ignored. */
const bodySchema = z.object({
  name: z.string().optional(),
  lifecycle: z.object({ rule: z.array(lifecycleRuleSchema).default([]) }).nullish(),
  cors: z.array(corsRuleSchema).nullish(),
});

/** Answers `/storage/v1/b` (`name` is empty) and `/storage/v1/b/{name}`: get, list, insert, patch, delete. */
export async function answerBuckets(
  parts: StorageParts,
  call: Call,
  name: string,
): Promise<Reply> {
  const { method, baseUrl } = call;
  if (name === "") {
    if (method === "GET") return list(parts, call);
    if (method === "POST") return await insert(parts, call);
    throw new StorageFailure("method_not_allowed");
  }
  const bucket = parts.objects.bucket(name);
  if (method === "GET") return jsonReply(200, bucketResource(bucket, baseUrl));
  if (method === "PATCH" || method === "PUT") return await patch(parts, call, name);
  if (method === "DELETE") return remove(parts, name);
  throw new StorageFailure("method_not_allowed");
}

/** Answers `/storage/v1/b/{name}/notificationConfigs`, which cannot be changed. */
export function answerNotifications({ objects }: StorageParts, { method }: Call, name: string) {
  if (method !== "GET") throw new StorageFailure("method_not_allowed");
  objects.bucket(name);
  const config = notificationConfigOf(name);
  const items = config === undefined ? undefined : [config];
  return jsonReply(200, { kind: "storage#notifications", items });
}

function list({ database }: StorageParts, { query, baseUrl }: Call): Reply {
  const prefix = query.get("prefix") ?? "";
  const buckets = database.buckets().filter(({ name }) => name.startsWith(prefix));
  const items = buckets.map((bucket) => bucketResource(bucket, baseUrl));
  return jsonReply(200, { kind: "storage#buckets", items });
}

async function insert({ database, clock }: StorageParts, call: Call): Promise<Reply> {
  const { name = "", lifecycle, cors } = await parseBody(call);
  checkBucketName(name);
  if (database.bucket(name) !== null) throw new StorageFailure("bucket_exists");
  const nowMs = clock.now();
  const bucket = makeBucket(name, nowMs, { lifecycle: lifecycle?.rule ?? [], cors: cors ?? [] });
  database.putBucket(bucket);
  return jsonReply(200, bucketResource(bucket, call.baseUrl));
}

async function patch(
  { database, objects, clock }: StorageParts,
  call: Call,
  name: string,
): Promise<Reply> {
  const { lifecycle, cors } = await parseBody(call);
  const before = objects.bucket(name);
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

function remove({ database }: StorageParts, name: string): Reply {
  const [first] = database.objectsFrom(name, { from: "", inclusive: true }, 1);
  if (first !== undefined) throw new StorageFailure("bucket_not_empty");
  database.removeBucket(name);
  return { status: 204 };
}

async function parseBody(call: Call): Promise<z.infer<typeof bodySchema>> {
  const text = await readBody(call);
  try {
    return bodySchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : "Parse Error";
    throw new StorageFailure("bad_request", why);
  }
}
