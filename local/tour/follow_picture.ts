import { TintypeClient } from "@tintype/client/client";
import { certificateSchema } from "@tintype/core/retention/certificate";
import { createBigQueryClient } from "@tintype/processor/adapters/bigquery_client";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { listNames } from "../start/check_results.ts";
import { LOCAL, URLS } from "../start/local_names.ts";
import type { Screen } from "./screen.ts";

/** Where the tenant's events are sent, and the headers and body of each that came. */
interface Receiver {
  readonly url: string;
  readonly webhooks: readonly string[];
}

const PICTURE = new URL("../../docs/images/dominant_colors.jpg", import.meta.url);
/** A receipt comes two minutes after its request at the earliest where images are kept for seven days. */
const PATIENCE_MS = 180_000;
const SQL = "SELECT status, media_type, width, height, owner FROM tintype.images " +
  "WHERE image_id = @id ORDER BY processed_at DESC LIMIT 1";
const bigquery = createBigQueryClient({ projectId: LOCAL.project, endpoint: URLS.bigquery });
const objectUrl = (bucket: string, name: string) =>
  `${URLS.storage}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;

/** Shows a picture's whole life, step by step; yields after each. Throws Error where one does not end as it should. */
export async function* followPicture(
  { step, found, fetch: shown }: Screen,
  { url, webhooks }: Receiver,
): AsyncGenerator<void> {
  const post = async (address: string, body: unknown, how = shown) => {
    const headers = { "Content-Type": "application/json" };
    const response = await how(address, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${address} returned ${response.status}`);
    return await response.json();
  };
  /** Runs a job of the keeper now, as Cloud Scheduler does at its time. */
  const runJob = (job: string) => post(`${URLS.pubsub}/_local/scheduler`, { job }, fetch);
  const rowOf = (id: string, status: string) =>
    eventually(`the row "${status}"`, async () => {
      const [row] = (await bigquery.query({ sql: SQL, params: { id } })).rows;
      return row?.["status"] === status && row;
    });

  step(
    "A tenant is one object in the configuration bucket; this one has a webhook endpoint.",
    "core/model/tenant_plan.ts, core/configuration/cached_tenants.ts",
  );
  const tenant = `tour-${randomBytes(4).toString("hex")}`;
  const plan = `tenants/${tenant}.json`;
  const bucket = `${URLS.storage}/upload/storage/v1/b/${LOCAL.configBucket}/o`;
  await post(`${bucket}?name=${plan}&uploadType=media`, { webhooks: [{ id: "tour", url }] });
  const { access_token: token } = await post(`${URLS.oidc}/token`, { sub: "me", tenant });
  const client = new TintypeClient({ edge: URLS.edge, token: () => token, fetch: shown });
  yield;

  step(
    "The edge checks token, plan and quota and starts a session; the bytes go to the bucket.",
    "client/upload.ts, edge/routes/uploads.ts, core/ingest/start_upload.ts",
  );
  const picture = new Blob([await readFile(PICTURE)], { type: "image/jpeg" });
  const { imageId } = await client.upload(picture);
  const names = await listNames(LOCAL.rawBucket);
  found("raw object", names.find((name) => name.endsWith(imageId)));
  yield;

  step(
    "The bucket's event reaches the processor: renditions, manifest, ready.",
    "processor/push.ts, core/processing/process_image.ts",
  );
  const { renditions } = await client.waitUntilReady(imageId);
  const sizes = renditions.map(({ name, width, height, bytes }) => ({
    name,
    width,
    height,
    bytes,
  }));
  found("renditions", sizes);
  yield;

  step(
    "The processor has published a record; a BigQuery subscription writes it as a row.",
    "core/model/image_record.ts, infra/bigquery/views/images_current.sql",
  );
  found("row", await rowOf(imageId, "ready"));
  yield;

  step(
    "The dispatcher gets the same record and sends it, signed, to the tenant's endpoint.",
    "core/webhooks/publish_webhooks.ts, processor/webhook_push.ts",
  );
  const webhook = await eventually("the webhook", async () => webhooks[0]);
  const [, headers = "", body = ""] = /^(\{.*?\}) (.*)$/s.exec(webhook) ?? [];
  found("webhook-signature", JSON.parse(headers)["webhook-signature"]);
  found("body", JSON.parse(body));
  yield;

  step(
    "Its owner erases it: hidden at once, deleted within seconds, a tombstone as its row.",
    "core/ingest/request_erasure.ts, core/retention/erase_image.ts",
  );
  await client.images.erase(imageId);
  await client.images.get(imageId).catch(() => undefined); // 404, as for an id that never was
  found("row", await rowOf(imageId, "erased"));
  yield;

  step(
    "The keeper deletes all other rows, then writes the receipt (at seven days: in two minutes).",
    "core/retention/settle_erasures.ts, core/reading/find_erasure.ts",
  );
  const quiet = new TintypeClient({ edge: URLS.edge, token: () => token });
  await eventually("the receipt", async () => {
    await runJob("erasures");
    return (await quiet.images.erasure(imageId)).status === "erased";
  }, 1_000);
  await client.images.erasure(imageId);
  yield;

  step(
    "Each sweep leaves a signed certificate of each store. Check all of them: deno task audit.",
    "core/retention/sweep_expired.ts, core/retention/verify_certificates.ts",
  );
  await runJob("sweep");
  const newest = Math.max(
    ...(await listNames(LOCAL.certificatesBucket)).map((name) => Number(name.split("/").at(-1))),
  );
  const read = await fetch(
    `${objectUrl(LOCAL.certificatesBucket, `certificates/${newest}`)}?alt=media`,
  );
  const { places, ...all } = certificateSchema.parse(await read.json());
  const { n, sweptAt, complete, previousHash, signature } = all;
  found("certificate", { n, sweptAt, complete, previousHash, signature });
  const observed = places.filter(({ evidence }) => evidence === "observed").slice(0, 4);
  for (const { place, lookedAt, overdue } of observed) found(place, { lookedAt, overdue });
  await fetch(objectUrl(LOCAL.configBucket, plan), { method: "DELETE" });
}

async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  pollMs = 200,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`Waited ${PATIENCE_MS / 1_000} s in vain for ${what}`);
}
