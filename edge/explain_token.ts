import {
  decodeJwt,
  decodeProtectedHeader,
  type JWTHeaderParameters,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from "jose";
import { isAccessTokenType, makeTokenVerifier } from "./adapters/jose_token_verifier.ts";
import { RemoteKeys } from "./adapters/remote_keys.ts";
import { isHeaderOf } from "./adapters/signed_jwt.ts";
import { claimFaults } from "./adapters/token_claims.ts";
import {
  REFUSAL_REASONS,
  type RefusalReason,
  type TokenFault,
  tokenFaultOf,
} from "./token_refusal.ts";
import type { TokenSettings } from "./token_settings.ts";

/** What a token is looked at with. */
interface ExplainOptions {
  readonly settings: TokenSettings;
  /** The issuer's key set as JSON; without it the signature is not checked. */
  readonly jwks: string | undefined;
  readonly nowMs: number;
}

/** What the edge would find wrong with a token, and the names of its claims; never the token itself. */
export interface TokenReport {
  readonly faults: readonly TokenFault[];
  readonly claims: readonly string[];
}

/** Checks a token as the edge does, asking nobody, and goes on behind the first fault. */
export async function explainToken(token: string, options: ExplainOptions): Promise<TokenReport> {
  const { settings, jwks, nowMs } = options;
  const parts = partsOf(token);
  if (parts === undefined) return { faults: [faultOf("malformed")], claims: [] };
  const { header, payload } = parts;
  const faults = [
    ...headerFaults(header, settings),
    ...claimFaults(payload, settings, nowMs),
  ];
  const first = jwks === undefined ? undefined : await firstFault(token, { settings, jwks, nowMs });
  const isNew = first !== undefined && !faults.some(({ reason }) => reason === first.reason);
  return { faults: isNew ? [first, ...faults] : faults, claims: Object.keys(payload).toSorted() };
}

function partsOf(token: string) {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) as JWTPayload };
  } catch {
    return undefined;
  }
}

function headerFaults(
  header: ProtectedHeaderParameters,
  { TOKEN_ALGORITHMS }: TokenSettings,
): TokenFault[] {
  const { alg } = header;
  const faults: TokenFault[] = [];
  if (!TOKEN_ALGORITHMS.some((each) => each === alg)) {
    const detail = `alg is ${alg}; ${TOKEN_ALGORITHMS.join(", ")} are taken (TOKEN_ALGORITHMS)`;
    faults.push({ reason: "algorithm", detail });
  }
  if (!isHeaderOf(header as JWTHeaderParameters, { isType: isAccessTokenType })) {
    faults.push(faultOf("header"));
  }
  return faults;
}

/** What the edge's own verifier says first, with this key set in the place of the issuer's. */
async function firstFault(
  token: string,
  { settings, jwks, nowMs }: ExplainOptions,
): Promise<TokenFault | undefined> {
  const clock = { now: () => nowMs };
  const fetch = () => Promise.resolve(new Response(jwks));
  const algorithms = settings.TOKEN_ALGORITHMS;
  const keys = new RemoteKeys({ url: "file:", algorithms, clock, fetch });
  try {
    await makeTokenVerifier({ keys, settings, clock })(token);
  } catch (error) {
    const fault = tokenFaultOf(error);
    if (fault === undefined) throw error;
    return fault;
  }
}

function faultOf(reason: RefusalReason): TokenFault {
  return { reason, detail: REFUSAL_REASONS[reason] };
}
