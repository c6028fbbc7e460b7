import { forEachBounded } from "../concurrency.ts";
import { isAppError } from "../errors.ts";
import { walkNames } from "../listing.ts";
import { erasedRecord, type ImageRecord } from "../model/image_record.ts";
import { ERASURE_FOLDERS, type ImageRef, readProcessedName } from "../model/object_name.ts";
import { declarationOfMetadata } from "../model/raw_metadata.ts";
import type { Tenant } from "../model/tenant.ts";
import { eventOfRecord } from "../model/webhook_event.ts";
import type { WebhookEndpoint } from "../model/webhook_endpoint.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectLister, ObjectReader } from "../ports/object_store.ts";
import type { WebhookPublisher } from "../ports/webhooks.ts";
import { readManifest } from "../processing/commit_manifest.ts";
import type { ProcessImagePorts } from "../processing/process_ports.ts";
import { recordOf } from "../processing/publish_record.ts";
import { isErasureRequested, originIn } from "../retention/erase_image.ts";
import { dayPrefixes, keptDays } from "../retention/shards.ts";

/** What replaying webhooks needs. */
export interface ReplayWebhooksPorts
  extends Pick<ProcessImagePorts, "erasures" | "contentKeys" | "hashing" | "policy" | "clock"> {
  readonly processed: ObjectReader & ObjectLister;
  readonly webhooks: WebhookPublisher;
}

/** Whose webhooks, from when on. */
interface ReplayWebhooksOptions extends CallOptions {
  readonly tenant: Tenant;
  readonly endpoint: WebhookEndpoint;
  /** Manifests and erasures since then, in milliseconds. */
  readonly sinceMs: number;
  /** Counts and publishes nothing. */
  readonly isDryRun: boolean;
}

/** What a replay did. */
export interface ReplayedWebhooks {
  /** Events that the endpoint wants; published, but for a dry run. */
  readonly events: number;
  /** Could not be read or published; another run tries again. */
  readonly failed: number;
}

const FOLDERS_AT_ONCE = 16;

/**
 * Publishes an endpoint's webhooks again, from the manifests and erasures that are kept; each has the event id that it
 * had. What was refused at the Kafka source left no manifest, so it is not among them.
 */
export async function replayWebhooks(
  ports: ReplayWebhooksPorts,
  { tenant, endpoint, sinceMs, isDryRun, signal }: ReplayWebhooksOptions,
): Promise<ReplayedWebhooks> {
  const { clock, policy, webhooks } = ports;
  const tally = { events: 0, failed: 0 };
  const folders = keptDays(clock.now(), policy.periodMs).flatMap((day) =>
    ["", ERASURE_FOLDERS.erasing].flatMap((root) =>
      dayPrefixes(day).map((prefix) => `${root}${prefix}${tenant}/`)
    )
  );
  const replay = async (object: ObjectFacts) => {
    const record = await recordOfObject(ports, object, { signal });
    if (record === undefined) return;
    const { type, eventId, event } = eventOfRecord(record);
    if (!endpoint.types.includes(type)) return;
    const message = { body: JSON.stringify(event), tenant, endpoint: endpoint.id, eventId };
    if (!isDryRun) await webhooks.publishWebhooks("new", [message], { signal });
    tally.events++;
  };
  await forEachBounded(folders, FOLDERS_AT_ONCE, async (prefix) => {
    for await (const object of walkNames(ports.processed, { prefix, signal })) {
      if (object.createdMs < sinceMs) continue;
      try {
        await replay(object);
      } catch (error) {
        if (signal?.aborted || !isAppError(error)) throw error;
        tally.failed++;
      }
    }
  });
  return tally;
}

/** The record that an object of the processed bucket stands for. */
async function recordOfObject(
  ports: ReplayWebhooksPorts,
  { name, metadata, createdMs }: ObjectFacts,
  options: CallOptions,
): Promise<ImageRecord | undefined> {
  const named = readProcessedName(name);
  if (named?.kind === "erasing") {
    const origin = originIn(declarationOfMetadata(metadata));
    return await erasedRecord(ports.hashing, named.ref, origin, createdMs);
  }
  return named?.kind === "manifest" ? await recordOfImage(ports, named.ref, options) : undefined;
}

async function recordOfImage(
  ports: ReplayWebhooksPorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<ImageRecord | undefined> {
  const held = await readManifest(ports.processed, ref, options);
  if (held === null || await isErasureRequested(ports.erasures, ref, options)) return undefined;
  return await recordOf(ports, ref, held);
}
