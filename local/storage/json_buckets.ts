import * as z from "zod";
import { type Call, jsonReply, type Reply } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";
import { notificationConfigOf } from "./notification_outbox.ts";
import { checkBucketName, makeBucket } from "./object_record.ts";
import { bucketResource } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { readBody } from "./read_request.ts";

/** What a request says of a new bucket. Its settings are those of Terraform: others are refused. */
const bodySchema = z.object({
  name: z.string().default(""),
  lifecycle: z.undefined("lifecycle rules cannot be set here").optional(),
  cors: z.undefined("CORS rules cannot be set here").optional(),
});

/** Answers `/storage/v1/b` (`name` is empty) and `/storage/v1/b/{name}`: get, list, insert, delete. */
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
  const name = readName(await readBody(call));
  checkBucketName(name);
  if (database.bucket(name) !== null) throw new StorageFailure("bucket_exists");
  const bucket = makeBucket(name, clock.now(), { lifecycle: [], cors: [] });
  database.putBucket(bucket);
  return jsonReply(200, bucketResource(bucket, call.baseUrl));
}

function remove({ database }: StorageParts, name: string): Reply {
  if (database.objectFrom(name, "") !== null) throw new StorageFailure("bucket_not_empty");
  database.removeBucket(name);
  return { status: 204 };
}

function readName(text: string): string {
  try {
    return bodySchema.parse(JSON.parse(text)).name;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : "Parse Error";
    throw new StorageFailure("bad_request", why);
  }
}
