import { AppError } from "@tintype/core/errors";

/** The part of a durable object binding that is used here. */
export interface ObjectNamespace<Stub> {
  idFromName(name: string): object;
  get(id: object): Stub;
  /** The same objects, kept and run in a jurisdiction alone; workerd on one machine has none. */
  jurisdiction?(name: Jurisdiction): ObjectNamespace<Stub>;
}

/** Where Cloudflare can keep durable objects, and nowhere else. */
export const JURISDICTIONS = ["eu", "fedramp"] as const;

type Jurisdiction = (typeof JURISDICTIONS)[number];

/** A namespace in the jurisdiction that is named, if one is; throws TypeError where the runtime knows none. */
export function pinned<Stub>(
  namespace: ObjectNamespace<Stub>,
  name: Jurisdiction | undefined,
): ObjectNamespace<Stub> {
  if (name === undefined) return namespace;
  if (namespace.jurisdiction !== undefined) return namespace.jurisdiction(name);
  throw new TypeError(`Cannot keep objects in ${name}: this runtime has no jurisdictions`);
}

/** Calls one tenant's durable object. */
type AskTenant<Stub> = <Answer>(
  tenant: string,
  call: (stub: Stub) => Promise<Answer>,
) => Promise<Answer>;

/** Tenants whose object ids an isolate keeps. */
const MAX_IDS = 1_024;

/**
 * Calls durable objects, one a tenant, and a second time where a call fails: calls must count once however often they are
 * made. Throws `unavailable` with `problem` where both fail.
 */
export function tenantObjects<Stub>(
  namespace: ObjectNamespace<Stub>,
  problem: string,
): AskTenant<Stub> {
  /** Ids of the objects of tenants that were verified, as making one is a digest each time. */
  const ids = new Map<string, object>();
  const idOf = (tenant: string) => {
    const known = ids.get(tenant);
    if (known !== undefined) return known;
    if (ids.size >= MAX_IDS) ids.clear();
    const id = namespace.idFromName(tenant);
    ids.set(tenant, id);
    return id;
  };
  return async (tenant, call) => {
    // A stub that has thrown is of no more use, so the second try takes a new one.
    const once = async () => await call(namespace.get(idOf(tenant)));
    return await once().catch(once).catch((cause: unknown) => {
      throw new AppError("unavailable", problem, { cause });
    });
  };
}
