import {
  MAX_EXPIRES_SECONDS,
  type Pairs,
  timestampOf,
  V4_ALGORITHMS,
  type V4Algorithm,
  type V4Scope,
} from "./v4_canonical.ts";
import { V4Rejected } from "./v4_rejected.ts";

/** What a received signature says about itself; believed only after it was verified. */
export interface V4Claims {
  readonly algorithm: V4Algorithm;
  readonly accessId: string;
  readonly scope: V4Scope;
  /** `yyyymmddThhmmssZ`, of the scope's day. */
  readonly timestamp: string;
  readonly signedAtMs: number;
  /** 1 to 604,800; undefined for a signature in the `Authorization` header, which has none. */
  readonly expiresSeconds: number | undefined;
  /** Lower-case names, `host` among them. */
  readonly signedHeaders: readonly string[];
  readonly signature: Uint8Array<ArrayBuffer>;
}

const CLAIMED = new Set([
  "x-goog-algorithm",
  "x-goog-credential",
  "x-goog-date",
  "x-goog-expires",
  "x-goog-signature",
  "x-goog-signedheaders",
]);

/**
 * Reads the claims from the query (any case of names), else from `Authorization: GOOG4-…`.
 * Throws {@link V4Rejected}: `AccessDenied` where nothing is signed, `InvalidArgument` where a claim is there twice,
 * `MalformedSecurityHeader` where one is missing or not of its form.
 */
export function readClaims(query: Pairs, headers: ReadonlyMap<string, string>): V4Claims {
  const inQuery = claimsIn(query);
  if (inQuery.size > 0) return parseClaims(inQuery, parseExpires(inQuery.get("x-goog-expires")));
  const authorization = headers.get("authorization") ?? "";
  if (!authorization.startsWith("GOOG4-")) {
    throw new V4Rejected("AccessDenied", "Anonymous caller does not have access.");
  }
  return parseClaims(claimsOfAuthorization(authorization, headers.get("x-goog-date")), undefined);
}

function claimsIn(query: Pairs): ReadonlyMap<string, string> {
  const claims = new Map<string, string>();
  for (const [name, value] of query) {
    const key = name.toLowerCase();
    if (!CLAIMED.has(key)) continue;
    if (claims.has(key)) {
      throw new V4Rejected("InvalidArgument", `Query parameter ${key} must not be there twice.`);
    }
    claims.set(key, value);
  }
  return claims;
}

function claimsOfAuthorization(
  header: string,
  date: string | undefined,
): ReadonlyMap<string, string> {
  const [, algorithm = "", rest = ""] = /^(\S+) (.*)$/.exec(header) ?? [];
  const fields = rest.split(",").map((field): [string, string] => {
    const [name = "", ...value] = field.trim().split("=");
    return [`x-goog-${name.toLowerCase()}`, value.join("=")];
  });
  return claimsIn([["x-goog-algorithm", algorithm], ["x-goog-date", date ?? ""], ...fields]);
}

function parseClaims(
  claims: ReadonlyMap<string, string>,
  expiresSeconds: number | undefined,
): V4Claims {
  const algorithm = V4_ALGORITHMS.find((known) => known === claims.get("x-goog-algorithm"));
  if (algorithm === undefined) throw malformed("algorithm", V4_ALGORITHMS.join(" or "));
  const timestamp = claims.get("x-goog-date") ?? "";
  const { accessId, scope } = parseCredential(claims.get("x-goog-credential") ?? "");
  if (!timestamp.startsWith(scope.day)) throw malformed("credential", "of the date's day");
  return {
    algorithm,
    accessId,
    scope,
    timestamp,
    signedAtMs: parseTimestamp(timestamp),
    expiresSeconds,
    signedHeaders: parseSignedHeaders(claims.get("x-goog-signedheaders") ?? ""),
    signature: parseSignature(claims.get("x-goog-signature") ?? ""),
  };
}

function parseCredential(text: string): Pick<V4Claims, "accessId" | "scope"> {
  const [accessId, day, region, service, purpose, ...rest] = text.split("/");
  const isScope = service === "storage" && purpose === "goog4_request" && rest.length === 0;
  if (!isScope || !accessId || !region || day === undefined || !/^\d{8}$/.test(day)) {
    throw malformed("credential", "ID/yyyymmdd/REGION/storage/goog4_request");
  }
  return { accessId, scope: { day, region } };
}

function parseTimestamp(text: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Round trip, as some engines read the 31st of February as a day in March.
  if (Number.isNaN(timeMs) || timestampOf(timeMs) !== text) {
    throw malformed("date", "yyyymmddThhmmssZ");
  }
  return timeMs;
}

function parseExpires(text: string | undefined): number {
  const seconds = text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : Infinity;
  if (seconds <= MAX_EXPIRES_SECONDS) return seconds;
  throw malformed("expires", `an integer from 1 to ${MAX_EXPIRES_SECONDS}`);
}

function parseSignedHeaders(text: string): readonly string[] {
  const names = text.split(";");
  if (names.some((name) => !/^[^\s:A-Z]+$/.test(name)) || !names.includes("host")) {
    throw malformed("signedheaders", "lower-case names joined by semicolons, host among them");
  }
  return names;
}

function parseSignature(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})+$/.test(text)) throw malformed("signature", "lower-case hex");
  const bytes = new Uint8Array(text.length / 2);
  return bytes.map((_, index) => Number.parseInt(text.slice(2 * index, 2 * index + 2), 16));
}

function malformed(parameter: string, expected: string): V4Rejected {
  return new V4Rejected("MalformedSecurityHeader", `x-goog-${parameter} must be ${expected}.`);
}
