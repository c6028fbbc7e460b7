import { AppError } from "@tintype/core/errors";
import { hexOf } from "@tintype/core/hex";
import type { Grants, ImageOfGrant } from "../ports.ts";
import { refuseToken } from "../token_refusal.ts";
import { type ObjectNamespace, tenantObjects } from "./tenant_objects.ts";

/** A grant as its tenant's object holds it. */
export interface GrantRow {
  readonly hash: string;
  readonly count: number;
  readonly endsAtMs: number;
}

/** Hashes of a grant and of an image of it. */
export interface GrantUse {
  readonly grant: string;
  readonly image: string;
}

/** What a grant has to do with an image; `none_left` where it has not taken it. */
export type Holding = "taken" | "held" | "none_left" | "revoked";

/** The calls of one tenant's durable object of grants. */
export interface GrantsStub {
  open(grant: GrantRow): Promise<boolean>;
  take(use: GrantUse): Promise<Holding>;
  giveBack(use: GrantUse): Promise<void>;
  look(use: GrantUse): Promise<Holding>;
  revoke(hash: string): Promise<boolean>;
}

/** The binding of the grants' durable objects. */
export type GrantsNamespace = ObjectNamespace<GrantsStub>;

const HASH_CHARACTERS = 32;
const HOUR_MS = 3_600_000;

/** Grants by one durable object a tenant, apart from its quota: a tenant without grants pays nothing for them. */
export function durableObjectGrants(namespace: GrantsNamespace): Grants {
  const ask = tenantObjects(namespace, "Cannot look at the grant now");
  const askAbout = async <Answer>(
    { tenant, grantId, imageId }: ImageOfGrant,
    call: (stub: GrantsStub, use: GrantUse) => Promise<Answer>,
  ) => {
    const [grant, image] = await Promise.all([hashOf(grantId), hashOf(grantId, imageId)]);
    return await ask(tenant, (stub) => call(stub, { grant, image }));
  };
  return {
    async open({ tenant, grantId, count, endsAtMs }) {
      const hash = await hashOf(grantId);
      if (await ask(tenant, (stub) => stub.open({ hash, count, endsAtMs }))) return;
      const message = "Cannot grant: the tenant has 10000 live grants; revoke some, or wait";
      throw new AppError("quota_exceeded", message, { retryAfterMs: HOUR_MS });
    },
    async take(image) {
      const holding = await askAbout(image, (stub, use) => stub.take(use));
      if (holding === "revoked") throw refuseToken("revoked");
      if (holding !== "none_left") return holding === "taken";
      throw new AppError("forbidden", "Cannot take image: the grant has no images left");
    },
    giveBack: (image) => askAbout(image, (stub, use) => stub.giveBack(use)),
    async holds(image) {
      const holding = await askAbout(image, (stub, use) => stub.look(use));
      if (holding === "revoked") throw refuseToken("revoked");
      return holding === "held";
    },
    async revoke({ tenant, grantId }) {
      const hash = await hashOf(grantId);
      return await ask(tenant, (stub) => stub.revoke(hash));
    },
  };
}

/** Of a grant's id, which is as secret as 122 random bits: whoever reads the object cannot say which image it was. */
async function hashOf(grantId: string, of = ""): Promise<string> {
  const bytes = new TextEncoder().encode(`${grantId}\n${of}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hexOf(digest).slice(0, HASH_CHARACTERS);
}
