/** What a grant changes: who calls, under which plan, and what is counted. */
import { AppError } from "@tintype/core/errors";
import { agrees } from "@tintype/core/model/media_type";
import type { TenantPlan } from "@tintype/core/model/tenant_plan";
import { dayOf, startOfDay } from "@tintype/core/model/utc_day";
import type { Quota } from "@tintype/core/ports/quota";
import { CLIENT_AHEAD_MS } from "@tintype/core/reading/own_image";
import type { Caller, EdgeServices, Grant, Grants } from "./ports.ts";

const SCOPES: ReadonlySet<string> = new Set(["images:write", "images:read"]);

/** What finds callers. */
interface CallerOptions extends Pick<EdgeServices, "grantTokens" | "grants"> {
  readonly callerOfToken: (token: string) => Promise<Caller>;
}

/** Finds who is behind an issuer's token or a grant; each kind is checked by its own keys alone. */
export function makeCallerOf(
  { callerOfToken, grantTokens, grants }: CallerOptions,
): EdgeServices["callerOf"] {
  return async (token) =>
    grantTokens.isGrant(token)
      ? callerOfGrant(await grantTokens.verify(token), grants)
      : await callerOfToken(token);
}

/** The caller behind a grant: the owner of its days, as far as the grant has uploaded. */
function callerOfGrant(grant: Grant, grants: Grants): Caller {
  const { tenant, grantId, owners, issuedAtMs, endsAtMs } = grant;
  const fromMs = Math.max(issuedAtMs - CLIENT_AHEAD_MS, startOfDay(dayOf(issuedAtMs)));
  return {
    tenant,
    grant,
    scopes: SCOPES,
    async ownerAt(timeMs) {
      const owner = owners[dayOf(timeMs)];
      if (owner !== undefined && timeMs >= fromMs && timeMs <= endsAtMs) return owner;
      const message = "must have a time within the grant's life";
      throw new AppError("invalid_request", `Cannot take image: imageId ${message}`, {
        errors: [{ path: "imageId", message }],
      });
    },
    reaches: async (imageId) => await grants.holds({ tenant, grantId, imageId }),
  };
}

/** A tenant's plan as far as a grant allows it. */
export function grantedPlan(
  plan: TenantPlan,
  grant: Pick<Grant, "contentTypes" | "maxBytes"> | undefined,
): TenantPlan {
  if (grant === undefined) return plan;
  const { contentTypes = plan.allowedTypes, maxBytes = plan.maxBytes } = grant;
  return {
    ...plan,
    allowedTypes: plan.allowedTypes.filter((type) =>
      contentTypes.some((granted) => agrees(granted, type))
    ),
    maxBytes: Math.min(plan.maxBytes, maxBytes),
  };
}

/** The services of a caller's uploads: those of a grant count against the grant, then against the tenant's day. */
export function uploadServices(
  services: EdgeServices,
  { grant }: Pick<Caller, "grant">,
): Omit<EdgeServices, "quota"> & { readonly quota: Quota } {
  return grant === undefined ? services : { ...services, quota: grantedQuota(services, grant) };
}

function grantedQuota(
  { quota, grants }: Pick<EdgeServices, "quota" | "grants">,
  { tenant, grantId }: Grant,
): Quota {
  return {
    async reserve(claim) {
      const image = { tenant, grantId, imageId: claim.imageId };
      const isNew = await grants.take(image);
      await quota.reserve(claim).catch(async (error: unknown) => {
        // What an earlier call has counted may have a session. A slot that is not given back only counts one too many.
        if (isNew) await grants.giveBack(image).catch(() => undefined);
        throw error;
      });
    },
    settle: (claim) => quota.settle(claim),
    async release(claim) {
      await quota.release(claim);
      await grants.giveBack({ tenant, grantId, imageId: claim.imageId });
    },
  };
}
