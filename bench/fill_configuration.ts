import { pushTenants } from "@tintype/core/configuration/push_tenants";
import { keepDays } from "@tintype/core/retention/keep_days";
import { RETENTION_POLICY } from "@tintype/core/retention/policy";
import { gcsObjectStore } from "@tintype/processor/adapters/gcs_object_store";

/** Puts what sources read into a local storage's configuration bucket: the days' salts, of key 1, and tenants' objects by name. */
export async function fillConfiguration(
  storageUrl: string,
  tenants: Readonly<Record<string, object>>,
): Promise<void> {
  const config = gcsObjectStore({ bucket: "tintype-config", endpoint: storageUrl });
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  await keepDays({ config, clock: Date, random, policy: RETENTION_POLICY, pseudonymKey: 1 });
  const bytesOf = (document: object) => new TextEncoder().encode(JSON.stringify(document));
  const files = Object.entries(tenants).map(([name, document]) =>
    [name, bytesOf(document)] as const
  );
  await pushTenants(config, new Map(files));
}
