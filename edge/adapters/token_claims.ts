import type { JWTPayload } from "jose";
import { isSubject } from "@tintype/core/model/owner";
import { isTenant } from "@tintype/core/model/tenant";
import type { TokenClaims } from "../ports.ts";
import type { TokenFault } from "../token_refusal.ts";
import type { TokenSettings } from "../token_settings.ts";

/** How far the issuer's clock may differ from ours. */
export const TOLERANCE_SECONDS = 30;

/** Everything that is wrong with the claims of an access token; empty where it is taken. */
export function claimFaults(
  payload: JWTPayload,
  settings: TokenSettings,
  nowMs: number,
): TokenFault[] {
  const { iss, aud, sub }: Readonly<Record<string, unknown>> = payload;
  const { ISSUER, AUDIENCE, TENANT_CLAIM, SCOPE_CLAIMS } = settings;
  const audiences = textsOf(aud);
  const tenant = claimAt(payload, TENANT_CLAIM);
  const faults: (TokenFault | false)[] = [
    iss !== ISSUER && {
      reason: "issuer",
      detail: `iss is ${shown(iss)}; it must be ${shown(ISSUER)} (ISSUER)`,
    },
    audiences?.includes(AUDIENCE) !== true && {
      reason: "audience",
      detail: `aud is ${shown(aud)}; it must be or hold ${shown(AUDIENCE)} (AUDIENCE)`,
    },
    ...timeFaults(payload, settings, nowMs / 1_000),
    !isSubject(sub) && {
      reason: "subject",
      detail: "sub must be a text of 1 to 256 characters of well-formed Unicode",
    },
    !(typeof tenant === "string" && isTenant(tenant)) && {
      reason: "tenant",
      detail: `${TENANT_CLAIM} is ${
        shown(tenant)
      }; it must match [a-z0-9][a-z0-9-]{0,62} (TENANT_CLAIM names the claim)`,
    },
    scopesOf(payload, SCOPE_CLAIMS) === undefined && {
      reason: "scope",
      detail: `${
        SCOPE_CLAIMS.join(" or ")
      } must be a text or a list of texts (SCOPE_CLAIMS names the claims)`,
    },
  ];
  return faults.filter((fault) => fault !== false);
}

/** What claims say that {@link claimFaults} found right. */
export function tokenClaimsOf(payload: JWTPayload, settings: TokenSettings): TokenClaims {
  const { sub, exp } = payload;
  const tenant = claimAt(payload, settings.TENANT_CLAIM);
  const scopes = scopesOf(payload, settings.SCOPE_CLAIMS);
  if (typeof tenant !== "string" || !isTenant(tenant) || sub === undefined || exp === undefined) {
    throw new TypeError("Cannot read claims before they were checked");
  }
  const expiresAtMs = (exp + TOLERANCE_SECONDS) * 1_000;
  return { tenant, subject: sub, scopes: new Set(scopes), expiresAtMs };
}

function timeFaults(payload: JWTPayload, settings: TokenSettings, now: number): TokenFault[] {
  const { iat, nbf, exp }: Readonly<Record<string, unknown>> = payload;
  const mustHave = settings.IAT_REQUIRED === "true" ? { iat, exp } : { exp };
  const wrong = Object.entries({ iat, nbf, exp })
    .filter(([name, time]) => !(isTime(time) || (time === undefined && !(name in mustHave))));
  const faults: TokenFault[] = wrong.map(([name, time]) => ({
    reason: "times",
    detail: `${name} is ${shown(time)}; it must be seconds since the epoch`,
  }));
  if (isTime(exp) && exp <= now - TOLERANCE_SECONDS) {
    faults.push({ reason: "expired", detail: `exp is ${dateOf(exp)}, which is over` });
  }
  for (const [name, time] of Object.entries({ iat, nbf })) {
    if (!isTime(time) || time <= now + TOLERANCE_SECONDS) continue;
    faults.push({ reason: "not_yet", detail: `${name} is ${dateOf(time)}, in the future` });
  }
  const most = settings.TOKEN_MAX_LIFE_SECONDS;
  // Without a time of issue the token may have been made just now, by a clock that is ahead of ours.
  const lives = isTime(exp) ? exp - (isTime(iat) ? iat : now + TOLERANCE_SECONDS) : 0;
  if (lives > most) {
    const detail = `It lives ${
      Math.ceil(lives)
    } s; at most ${most} are taken (TOKEN_MAX_LIFE_SECONDS)`;
    faults.push({ reason: "life", detail });
  }
  return faults;
}

/** The claim of a name, or at a JSON pointer. */
function claimAt(payload: JWTPayload, name: string): unknown {
  if (!name.startsWith("/")) return memberOf(payload, name);
  return name.slice(1).split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(memberOf, payload);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name]; // it has such a member
}

/** Scopes of the first claim that is there: parted by spaces, or listed. */
function scopesOf(payload: JWTPayload, names: readonly string[]): readonly string[] | undefined {
  const found = names.map((name) => claimAt(payload, name)).find((value) => value !== undefined);
  return textsOf(found)?.flatMap((text) => text.split(" ")).filter((name) => name !== "");
}

/** A text or a list of texts as a list; undefined for anything else. */
function textsOf(value: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = values.filter((each) => typeof each === "string");
  return texts.length === values.length ? texts : undefined;
}

/** Seconds, which issuers may give with a fraction (RFC 7519, section 2). */
function isTime(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function dateOf(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}

const MAX_SHOWN = 200;

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, MAX_SHOWN);
}
