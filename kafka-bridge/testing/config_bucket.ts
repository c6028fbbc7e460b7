/** The configuration bucket of the local storage, as `tenants push` and the keeper fill it. */
import assert from "node:assert/strict";
import { checkTenantFiles, tenantFile } from "@tintype/core/configuration/tenant_files";
import { DAYS_FILE, type DaySalt, serializeDaySalts } from "@tintype/core/model/day_salts";
import {
  KAFKA_FILE,
  type KafkaObservation,
  parseKafkaObservation,
} from "@tintype/core/model/kafka_observation";
import type { TenantDocument } from "@tintype/core/model/tenant_plan";
import { bridgeEnv } from "./bridge_env.ts";

/** What tests write into the configuration bucket. */
export interface ConfigBucket {
  /** Replaces a tenant's object, and what is generated from all of them. */
  putTenant(name: string, document: TenantDocument): Promise<void>;
  putDays(days: readonly DaySalt[]): Promise<void>;
  /** What a bridge saw of its topics last. */
  kafka(): Promise<KafkaObservation>;
}

/** Creates the bucket where the storage has none. */
export async function openConfigBucket(storageUrl: string): Promise<ConfigBucket> {
  const { CONFIG_BUCKET: bucket } = bridgeEnv();
  const { status } = await fetch(`${storageUrl}/storage/v1/b?project=tintype-local`, {
    method: "POST",
    body: JSON.stringify({ name: bucket }),
  });
  assert.ok(status === 200 || status === 409, `no bucket ${bucket}: ${status}`);
  // Tests replace its objects more than once a second.
  const limits = JSON.stringify({ limit: "none" });
  await fetch(`${storageUrl}/_local/mutations`, { method: "POST", body: limits });
  const tenants = new Map<string, Uint8Array<ArrayBuffer>>();
  const put = async (name: string, body: Uint8Array<ArrayBuffer>) => {
    const query = `uploadType=media&name=${encodeURIComponent(name)}`;
    const headers = { "content-type": "application/json" };
    const url = `${storageUrl}/upload/storage/v1/b/${bucket}/o?${query}`;
    const response = await fetch(url, { method: "POST", headers, body });
    assert.equal(response.status, 200, await response.text());
  };
  return {
    async putTenant(name, document) {
      tenants.set(name, new TextEncoder().encode(JSON.stringify(document)));
      const { generated } = checkTenantFiles(tenants);
      for (const [file, bytes] of [...tenants, ...generated]) await put(tenantFile(file), bytes);
    },
    async kafka() {
      const path = `storage/v1/b/${bucket}/o/${KAFKA_FILE}?alt=media`;
      return parseKafkaObservation(await (await fetch(`${storageUrl}/${path}`)).bytes());
    },
    putDays: (days) => put(DAYS_FILE, new Uint8Array(serializeDaySalts(days))),
  };
}
