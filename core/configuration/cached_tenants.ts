import type { Tenant } from "../model/tenant.ts";
import {
  parseTenantDocument,
  planOf,
  type TenantDocument,
  type TenantPlan,
} from "../model/tenant_plan.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectReader } from "../ports/object_store.ts";
import type { TenantOrigins, TenantPlans, TenantTopics } from "../ports/tenants.ts";
import type { TenantWebhooks } from "../ports/webhooks.ts";
import { CachedDocument } from "./cached_document.ts";
import {
  DEFAULT_TENANT,
  ORIGINS,
  parseOrigins,
  parseTopics,
  tenantFile,
  TOPICS,
} from "./tenant_files.ts";

/** What tenants are read with. */
interface CachedTenantsOptions {
  readonly config: Pick<ObjectReader, "read">;
  readonly clock: Clock;
  /** Called with each object that could not be read or is wrong: its tenant keeps the last good version. */
  readonly onProblem: (error: unknown, file: string) => void;
}

/** Tenants that are kept in memory; the ones that were asked for longest ago are read again. */
const MAX_TENANTS = 10_000;

/** The tenants' objects, each read when it is asked for and again once a minute; one's mistake touches nobody else. */
export class CachedTenants implements TenantPlans, TenantOrigins, TenantTopics, TenantWebhooks {
  readonly #options: CachedTenantsOptions;
  readonly #default: CachedDocument<TenantDocument>;
  readonly #origins: CachedDocument<ReturnType<typeof parseOrigins>>;
  readonly #topics: CachedDocument<ReturnType<typeof parseTopics>>;
  readonly #tenants = new Map<Tenant, CachedDocument<TenantDocument>>();

  constructor(options: CachedTenantsOptions) {
    this.#options = options;
    this.#default = this.#document(DEFAULT_TENANT, parseDocument);
    this.#origins = this.#document(ORIGINS, parseOrigins);
    this.#topics = this.#document(TOPICS, parseTopics);
  }

  async planOf(tenant: Tenant): Promise<TenantPlan> {
    return planOf(...await Promise.all([this.#default.get(), this.#own(tenant).get()]));
  }

  async webhooksOf(tenant: Tenant) {
    return (await this.#own(tenant).get()).webhooks ?? [];
  }

  #own(tenant: Tenant): CachedDocument<TenantDocument> {
    const own = this.#tenants.get(tenant) ?? this.#document(tenant, parseDocument);
    // Once more behind the others: the first of the map was asked for longest ago.
    this.#tenants.delete(tenant);
    this.#tenants.set(tenant, own);
    for (const oldest of this.#tenants.keys()) {
      if (this.#tenants.size <= MAX_TENANTS) break;
      this.#tenants.delete(oldest);
    }
    return own;
  }

  async corsOrigins(): Promise<readonly string[]> {
    return await this.#origins.get();
  }

  async topicOf(topic: string) {
    return (await this.#topics.get()).get(topic);
  }

  #document<T>(name: string, parse: (bytes: Uint8Array | null) => T): CachedDocument<T> {
    const { config, clock, onProblem } = this.#options;
    const file = tenantFile(name);
    return new CachedDocument({
      read: (options) => config.read(file, options),
      parse,
      clock,
      onProblem: (error) => onProblem(error, file),
    });
  }
}

/** No object is no difference from the default. */
function parseDocument(bytes: Uint8Array | null): TenantDocument {
  return bytes === null ? {} : parseTenantDocument(bytes);
}
