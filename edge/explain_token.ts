import { decodeJwt } from "jose";
import { makeTokenVerifier } from "./adapters/jose_token_verifier.ts";
import { RemoteKeys } from "./adapters/remote_keys.ts";
import { claimFaults } from "./adapters/token_claims.ts";
import { type TokenFault, tokenFaultOf } from "./token_refusal.ts";
import type { TokenSettings } from "./token_settings.ts";

/** What a token is looked at with. */
interface ExplainOptions {
  readonly settings: TokenSettings;
  /** The issuer's key set as JSON; without it the signature is not checked. */
  readonly jwks: string | undefined;
  readonly nowMs: number;
}

/** What the edge would find wrong with a token, and the names of its claims; never the token itself. */
interface TokenReport {
  readonly faults: readonly TokenFault[];
  readonly claims: readonly string[];
}

/** Checks a token by the edge's own verifier, asking nobody, and then all of its claims whatever was found. */
export async function explainToken(token: string, options: ExplainOptions): Promise<TokenReport> {
  const { settings, jwks, nowMs } = options;
  const first = await firstFault(token, options);
  const payload = claimsOf(token);
  const faults = payload === undefined ? [] : claimFaults(payload, settings, nowMs);
  const isMore = first !== undefined && !(jwks === undefined && first.reason === "key") &&
    !faults.some(({ reason }) => reason === first.reason);
  return {
    faults: isMore ? [first, ...faults] : faults,
    claims: Object.keys(payload ?? {}).toSorted(),
  };
}

async function firstFault(
  token: string,
  { settings, jwks, nowMs }: ExplainOptions,
): Promise<TokenFault | undefined> {
  const clock = { now: () => nowMs };
  const fetch = () => Promise.resolve(new Response(jwks));
  const keys = jwks === undefined
    ? { find: () => Promise.resolve(undefined) }
    : new RemoteKeys({ url: "file:", algorithms: settings.TOKEN_ALGORITHMS, clock, fetch });
  try {
    await makeTokenVerifier({ keys, settings, clock })(token);
  } catch (error) {
    const fault = tokenFaultOf(error);
    if (fault === undefined) throw error;
    return fault;
  }
}

function claimsOf(token: string) {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
