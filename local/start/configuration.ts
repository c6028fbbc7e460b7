/**
 * What must lie in the configuration bucket before a source takes an image: the days' salts, which the keeper makes, and
 * the tenants' objects, from a folder or of the local system itself.
 */
import { type ConfigBucket, pushTenants } from "@tintype/core/configuration/push_tenants";
import { checkTenantFiles } from "@tintype/core/configuration/tenant_files";
import { isAppError } from "@tintype/core/errors";
import { parseTenant } from "@tintype/core/model/tenant";
import { openWebhookMaster, webhookSecret } from "@tintype/core/model/webhook_signature";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";
import { readTenantFolder } from "@tintype/processor/tenants/read_folder";
import { watch } from "node:fs";
import type { Console } from "./console.ts";
import { LOCAL, URLS } from "./local_names.ts";

/** The tenants' objects by name, as `pushTenants` takes them. */
export type TenantFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** Editors write a file in several steps. */
const SETTLE_MS = 200;

/** The page of the edge may call, and the local topic has its tenant. */
const LOCAL_TENANTS = {
  _default: { corsOrigins: [URLS.edge] },
  [LOCAL.kafka.tenant]: { kafkaTopics: { [LOCAL.kafka.topic]: { results: true } } },
} as const;

/** Runs the keeper's job `days` as the scheduler does. Throws Error where it fails. */
export async function makeDays(): Promise<void> {
  const body = JSON.stringify({ job: "days" });
  const response = await fetch(`${URLS.pubsub}/_local/scheduler`, { method: "POST", body });
  const text = await response.text();
  if (!response.ok) throw new Error(`The keeper could not make the days' salts: ${text}`);
}

/** Addresses that the tenants of `start`'s pictures have their events sent to, by the endpoint's id. */
export type LocalWebhooks = Readonly<Record<string, string>>;

/** Reads the tenants' objects of the folder, beside the local ones that it does not have. Throws Error for wrong ones. */
export async function readTenants(
  folder: string | undefined,
  webhooks: LocalWebhooks = {},
): Promise<TenantFiles> {
  const own = folder === undefined ? [] : await readTenantFolder(folder);
  const files = new Map([...localTenants(), ...own]);
  for (const tenant of [LOCAL.tenant, LOCAL.kafka.tenant]) {
    files.set(tenant, withWebhooks(files.get(tenant), webhooks));
  }
  try {
    checkTenantFiles(files);
  } catch (error) {
    throw inPlainWords(error);
  }
  return files;
}

/** Uploads tenants' objects; returns the names of those that differed. Throws Error for wrong ones. */
export async function uploadTenants(files: TenantFiles): Promise<readonly string[]> {
  const config: ConfigBucket = gcsObjectStore({
    bucket: LOCAL.configBucket,
    endpoint: URLS.storage,
  });
  try {
    return (await pushTenants(config, files)).written;
  } catch (error) {
    throw inPlainWords(error);
  }
}

/** What is wrong with tenants' objects, field by field; any other error as it is. */
function inPlainWords(error: unknown): unknown {
  if (!isAppError(error, "invalid_config")) return error;
  const faults = error.errors.map(({ path, message }) => `${path}: ${message}`);
  return new Error(faults.join("; "), { cause: error });
}

/** The secrets of an endpoint that `start` added, a line a tenant: receivers need them. */
export async function webhookSecrets(masterSecret: string, id: string): Promise<string> {
  const master = await openWebhookMaster(masterSecret);
  const tenants = [LOCAL.tenant, LOCAL.kafka.tenant].map(parseTenant);
  const lines = tenants.map(async (tenant) =>
    `  ${tenant.padEnd(10)} ${await webhookSecret(master, { tenant, id, version: 1 })}`
  );
  return ["Webhooks are signed by these secrets:", ...await Promise.all(lines), ""].join("\n");
}

/** Uploads them again when one changes, until the signal comes; what is wrong is said, and changes nothing. */
export function watchTenants(
  folder: string,
  webhooks: LocalWebhooks,
  { console, signal }: { readonly console: Console; readonly signal: AbortSignal },
): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let last = Promise.resolve();
  const upload = async () => {
    try {
      const written = await uploadTenants(await readTenants(folder, webhooks));
      if (written.length === 0) return;
      console.say(`Tenants uploaded, in effect within a minute: ${written.join(", ")}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      console.say(`Tenants stay as they are: ${reason}`);
    }
  };
  const watcher = watch(folder, { signal }, () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => last = last.then(upload), SETTLE_MS);
  });
  watcher.on("error", (error) => console.say(`Tenants are not watched any more: ${error.message}`));
  signal.addEventListener("abort", () => clearTimeout(waiting));
}

/** A tenant's object with endpoints beside its own; what is not JSON stays as it is, and is refused later. */
function withWebhooks(
  bytes: Uint8Array<ArrayBuffer> | undefined,
  webhooks: LocalWebhooks,
): Uint8Array<ArrayBuffer> {
  const added = Object.entries(webhooks).map(([id, url]) => ({ id, url }));
  try {
    const document = bytes === undefined ? {} : JSON.parse(new TextDecoder().decode(bytes));
    const all = { ...document, webhooks: [...document.webhooks ?? [], ...added] };
    return new TextEncoder().encode(JSON.stringify(all, null, 2));
  } catch {
    return bytes ?? new Uint8Array(0);
  }
}

function localTenants(): TenantFiles {
  const encoder = new TextEncoder();
  return new Map(
    Object.entries(LOCAL_TENANTS).map(([name, document]) =>
      [name, encoder.encode(JSON.stringify(document, null, 2))] as const
    ),
  );
}
