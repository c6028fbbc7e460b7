import { pushTenants } from "@tintype/core/configuration/push_tenants";
import { DAY_MS } from "@tintype/core/model/utc_day";
import type { ObjectStore } from "@tintype/core/ports/object_store";
import { keepDays } from "@tintype/core/retention/keep_days";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { anonymous } from "@tintype/gcs/authorize";
import * as objects from "@tintype/gcs/json_objects";

/** Tenants' objects by name, `_default` for all. */
export type TenantObjects = Readonly<Record<string, object>>;

/** Further back than any day that is kept. */
const BACK_DAYS = 9;

/** What tests do with a bucket. */
type TestBucket = Omit<ObjectStore, "removeMany">;

/** A bucket of the storage emulator as its owner sees it. */
export function emulatedBucket(endpoint: string, name: string): TestBucket {
  const bucket = { bucket: name, endpoint, authorize: anonymous };
  return {
    create: (name, body, options) => objects.createObject(bucket, name, body, options),
    replace: (name, body, options) => objects.replaceObject(bucket, name, body, options),
    stat: (name, options) => objects.statObject(bucket, name, options),
    read: (name, options) => objects.readObject(bucket, name, options),
    list: (query) => objects.listObjects(bucket, query),
    remove: (name, options) => objects.removeObject(bucket, name, options),
  };
}

/** Makes the salts of the 16 days that are live or near: those before today use pseudonym key 1, all others key 2. */
export async function fillDays(config: TestBucket, nowMs = Date.now()): Promise<void> {
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  for (const [pseudonymKey, timeMs] of [[1, nowMs - BACK_DAYS * DAY_MS], [2, nowMs]] as const) {
    const clock = { now: () => timeMs };
    await keepDays({ config, clock, random, policy: RETENTION_POLICY, pseudonymKey });
  }
}

/** Uploads tenants' objects, with what is generated from them. */
export async function pushTenantObjects(config: TestBucket, tenants: TenantObjects) {
  const bytesOf = (tenant: object) => new TextEncoder().encode(JSON.stringify(tenant));
  await pushTenants(
    config,
    new Map(Object.entries(tenants).map(([name, tenant]) => [name, bytesOf(tenant)])),
  );
}
