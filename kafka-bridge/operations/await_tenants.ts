import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@tintype/core/ports/log";
import type { TenantTopics } from "@tintype/core/ports/tenants";
import type { ReadinessBlockers } from "./readiness_blockers.ts";

/** What looking for tenants needs. */
interface AwaitTenantsOptions {
  readonly tenants: TenantTopics;
  readonly readiness: ReadinessBlockers;
  readonly log: Log;
  /** How often to look, in milliseconds. */
  readonly everyMs: number;
  /** Aborted when nobody waits any more. */
  readonly stopping: AbortSignal;
}

/** Keeps readiness red until each topic has a tenant; one line a topic says what to do. Resolves when all have, or at the stop. */
export async function awaitTenants(
  topics: readonly string[],
  options: AwaitTenantsOptions,
): Promise<void> {
  await Promise.all(topics.map((topic) => awaitTenant(topic, options)));
}

async function awaitTenant(topic: string, options: AwaitTenantsOptions): Promise<void> {
  const { tenants, readiness, log, everyMs, stopping } = options;
  let unblock: (() => void) | undefined;
  let isReported = false;
  while (!stopping.aborted) {
    // Where they cannot be read their reader has logged it.
    const found = await tenants.topicOf(topic).catch(() => "unreadable" as const);
    if (typeof found === "object") break;
    if (found === undefined && !isReported) {
      const text =
        `No tenant has the topic ${topic}: its records wait until one names it in kafkaTopics (deno task tenants push)`;
      log.error("topic_without_tenant", { topic, text });
      isReported = true;
    }
    unblock ??= readiness.block("tenants");
    await sleep(everyMs, undefined, { signal: stopping }).catch(() => undefined);
  }
  unblock?.();
}
