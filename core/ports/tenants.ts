/** What tenants may do, as their objects in the configuration bucket say. Who retries: the next reader, a minute later. */
import type { Tenant } from "../model/tenant.ts";
import type { TenantPlan, TopicPlan } from "../model/tenant_plan.ts";

/** May look up plans; each throws `unavailable` while no good version was ever read. */
export interface TenantPlans {
  planOf(tenant: Tenant): Promise<TenantPlan>;
}

/** May look up the origins that any tenant allows, for preflights, which carry no token. */
export interface TenantOrigins {
  corsOrigins(): Promise<readonly string[]>;
}

/** May look up whose a Kafka topic is; undefined where no tenant has it. */
export interface TenantTopics {
  topicOf(topic: string): Promise<TopicPlan | undefined>;
}
