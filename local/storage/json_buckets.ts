/** Buckets of the JSON API (cloud.google.com/storage/docs/json_api/v1/buckets). Their settings are those of Terraform. */
import * as z from "zod";
import { jsonReply } from "../http/call.ts";
import { only } from "../http/declared_body.ts";
import { type Route, withBody } from "../http/declared_routes.ts";
import { StorageFailure } from "./failures.ts";
import { notificationConfigOf } from "./notification_outbox.ts";
import { checkBucketName, makeBucket } from "./object_record.ts";
import { BUCKET_FIELDS, bucketResource } from "./object_resource.ts";
import type { StorageParts } from "./parts.ts";
import { givenOf, wholeNumber } from "./read_request.ts";

/** What a request says of a new bucket; other settings are not emulated. */
const bucketSchema = z.strictObject({
  name: z.string(),
  location: z.string().optional(),
  storageClass: only("STANDARD"),
});

const BUCKET_QUERY = "projection=noAcl|full";
const BUCKET = "/storage/v1/b/{bucket}";

/** What the JSON API does with buckets and their notification configurations. */
export const BUCKET_ROUTES: Readonly<Record<string, Route<StorageParts>>> = {
  "GET /storage/v1/b": {
    query: `${BUCKET_QUERY} project prefix maxResults pageToken returnPartialSuccess=false`,
    fields: `kind,nextPageToken,items(${BUCKET_FIELDS})`,
    run({ database }, { query, baseUrl }) {
      const most = wholeNumber(givenOf(query, "maxResults"), "maximum of results") ?? 1_000;
      const after = query.get("pageToken") ?? "";
      const rest = database.buckets()
        .filter(({ name }) => name.startsWith(query.get("prefix") ?? "") && name > after);
      const page = rest.slice(0, most);
      const nextPageToken = rest.length > most ? page.at(-1)?.name : undefined;
      const items = page.map((bucket) => bucketResource(bucket, baseUrl));
      return jsonReply(200, { kind: "storage#buckets", nextPageToken, items });
    },
  },
  "POST /storage/v1/b": withBody(bucketSchema, {
    query: `${BUCKET_QUERY} project`,
    fields: BUCKET_FIELDS,
    run({ database, clock }, { baseUrl }, { name }) {
      checkBucketName(name);
      if (database.bucket(name) !== null) throw new StorageFailure("bucket_exists");
      const bucket = makeBucket(name, clock.now(), { lifecycle: [], cors: [] });
      database.putBucket(bucket);
      return jsonReply(200, bucketResource(bucket, baseUrl));
    },
  }),
  [`GET ${BUCKET}`]: {
    verb: "inspect",
    query: BUCKET_QUERY,
    fields: BUCKET_FIELDS,
    run: ({ objects }, { name, baseUrl }) =>
      jsonReply(200, bucketResource(objects.bucket(name("bucket")), baseUrl)),
  },
  [`DELETE ${BUCKET}`]: {
    run({ database, objects }, call) {
      const { name } = objects.bucket(call.name("bucket"));
      if (database.objectFrom(name, "") !== null) throw new StorageFailure("bucket_not_empty");
      database.removeBucket(name);
      return { status: 204 };
    },
  },
  [`GET ${BUCKET}/notificationConfigs`]: {
    verb: "inspect",
    run({ objects }, { name }) {
      const config = notificationConfigOf(objects.bucket(name("bucket")).name);
      const items = config === undefined ? undefined : [config];
      return jsonReply(200, { kind: "storage#notifications", items });
    },
  },
};
