/**
 * Access tokens as identity providers issue them, by their documents: every claim that they have, with values of our own
 * and times in seconds from now. docs/identity_providers.md says how each provider is set to them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { JWKS, makeTokens } from "../_tokens_fixture.ts";
import { tokenFaultOf } from "../token_refusal.ts";
import { tokenSettings } from "../token_settings.ts";
import { makeTokenVerifier } from "./jose_token_verifier.ts";
import TOKENS from "./_provider_tokens.json" with { type: "json" };
import { RemoteKeys } from "./remote_keys.ts";

/** A provider's token, what must be configured beside its issuer, and its tenant or why it is refused. */
interface ProviderToken {
  readonly header?: Readonly<Record<string, string>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly tenant?: string;
  readonly refused?: string;
}

const NOW = 1_800_000_000;
const clock = { now: () => NOW * 1_000 };
const { signedWith } = makeTokens({ issuer: "", tenantClaim: "tenant", nowSeconds: NOW });

for (const [what, token] of Object.entries<ProviderToken>(TOKENS)) {
  const { header, variables, tenant, refused } = token;
  test(`${what}: ${refused === undefined ? "taken" : `refused (${refused})`}`, async () => {
    const claims = Object.fromEntries(
      Object.entries(token.claims).map(([name, value]) =>
        /^(iat|nbf|exp|auth_time)$/.test(name) ? [name, NOW + Number(value)] : [name, value]
      ),
    );
    const ISSUER = String(claims["iss"]);
    const settings = tokenSettings.parse({ ISSUER, ...variables });
    const fetch = () => Promise.resolve(Response.json(JWKS));
    const keys = new RemoteKeys({ url: ISSUER, algorithms: settings.TOKEN_ALGORITHMS, fetch });
    const verify = makeTokenVerifier({ keys, settings, clock });
    const found = await verify(await signedWith("RS256", claims, header))
      .catch((error: unknown) => tokenFaultOf(error)?.reason);
    if (typeof found !== "object") return assert.equal(found, refused);
    assert.deepEqual([found.tenant, found.subject], [tenant, claims["sub"]]);
    for (const scope of ["images:read", "images:write"]) assert.ok(found.scopes.has(scope), scope);
  });
}
