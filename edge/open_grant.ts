import type { Tenant } from "@tintype/core/model/tenant";
import { dayOf } from "@tintype/core/model/utc_day";
import type { EdgeServices, Grant } from "./ports.ts";

/** Whose grant, for how long, and what it allows. */
interface AskedGrant extends Pick<Grant, "count" | "contentTypes" | "maxBytes" | "ref"> {
  readonly subject: string;
  readonly ttlSeconds: number;
}

/** Opens a grant from now on and signs its token. Throws `quota_exceeded` where the tenant has too many. */
export async function openGrant(
  { clock, ownerOf, grants, grantTokens }: EdgeServices,
  tenant: Tenant,
  { subject, ttlSeconds, ...asked }: AskedGrant,
): Promise<Grant & { readonly token: string }> {
  const issuedAtMs = Math.floor(clock.now() / 1_000) * 1_000;
  const endsAtMs = issuedAtMs + ttlSeconds * 1_000;
  const owners = await Promise.all(
    [issuedAtMs, endsAtMs].map(async (timeMs) =>
      [dayOf(timeMs), await ownerOf({ tenant, subject }, timeMs)] as const
    ),
  );
  const grant = {
    ...asked,
    grantId: crypto.randomUUID(),
    tenant,
    owners: Object.fromEntries(owners),
    issuedAtMs,
    endsAtMs,
  };
  await grants.open(grant);
  return { ...grant, token: await grantTokens.sign(grant) };
}
