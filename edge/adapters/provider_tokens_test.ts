/**
 * Access tokens as identity providers issue them, by their documents: every claim that they have, with values of our own.
 * docs/identity_providers.md says how each provider is set to them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { JWKS, makeTokens } from "../_tokens_fixture.ts";
import { type RefusalReason, tokenFaultOf } from "../token_refusal.ts";
import { tokenSettings } from "../token_settings.ts";
import { makeTokenVerifier } from "./jose_token_verifier.ts";
import { RemoteKeys } from "./remote_keys.ts";

const NOW = 1_800_000_000;
const IAT = NOW - 100;
const clock = { now: () => NOW * 1_000 };
const { signedWith } = makeTokens({ issuer: "", tenantClaim: "tenant", nowSeconds: NOW });
const OURS = ["images:read", "images:write"];
const USER = "3f2a6c1e-5b7d-4e8f-9a01-c2d3e4f5a6b7";
const DIRECTORY = "9122040d-6c67-4c5b-b112-36a304b66dad";
const hour = { iat: IAT, exp: IAT + 3_600 };

/** A provider's token, and what must be configured beside its issuer. */
interface ProviderToken {
  readonly header?: Readonly<Record<string, string>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly variables: { readonly AUDIENCE: string } & Readonly<Record<string, string>>;
  /** The tenant that it is taken for, or why it is refused. */
  readonly tenant?: string;
  readonly refused?: RefusalReason;
}

const auth0 = {
  iss: "https://acme.eu.auth0.com/",
  sub: "auth0|65a1f0c2d3e4f5a6b7c8d9e0",
  aud: ["https://images.example.com", "https://acme.eu.auth0.com/userinfo"],
  iat: IAT,
  exp: IAT + 86_400,
  scope: "openid images:read images:write",
  "https://images.example.com/tenant": "acme",
};
const auth0Variables = {
  AUDIENCE: "https://images.example.com",
  TENANT_CLAIM: "https://images.example.com/tenant",
};
const entra = {
  aud: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
  iss: `https://login.microsoftonline.com/${DIRECTORY}/v2.0`,
  iat: IAT,
  nbf: IAT,
  exp: IAT + 4_812,
  aio: "AXQAi/8IAAAA",
  azp: "1f7d1a5e-0c6f-4b52-8a55-b5b2d7f1a001",
  azpacr: "0",
  oid: USER,
  rh: "0.AS4ADQQikWdsW0yxEjajBLZtrQ",
  sub: "Yz7cKSb9gtVBoQXsHW8AmP1nJxE-R3dO2lUfTk40hqM",
  tid: DIRECTORY,
  uti: "kJ2mVbq0Uk6WrS8xTAAQAA",
  ver: "2.0",
};
const keycloak = {
  ...hour,
  auth_time: IAT - 4,
  jti: "onrtac:0b9c6c0e-8d1f-4f0e-9a35-5f8f0c2a7e11",
  iss: "https://sso.example.com/realms/acme",
  aud: ["tintype", "account"],
  sub: USER,
  typ: "Bearer",
  azp: "web",
  sid: "6fd4b1a0-3b0f-4f4f-8f35-0f5d1c9a4a7f",
  acr: "1",
  "allowed-origins": ["https://app.example.com"],
  realm_access: { roles: ["offline_access", "default-roles-acme"] },
  resource_access: { tintype: { roles: OURS }, account: { roles: ["manage-account"] } },
  scope: "openid email images:read images:write",
  email_verified: true,
  preferred_username: "ann",
};
const cognito = {
  sub: USER,
  "cognito:groups": ["eu-central-1_aB3dE6gH9_Google"],
  iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aB3dE6gH9",
  version: 2,
  client_id: "5gk2p0r7s1t9u3v4w6x8y0z1a2",
  origin_jti: "2c8f7b1a-64d0-4b7a-9c51-0d7f3e2a1b00",
  event_id: "f0e1d2c3-b4a5-4968-8776-655443322110",
  token_use: "access",
  scope: "openid images:read images:write",
  auth_time: IAT,
  ...hour,
  jti: "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d",
  username: "ann",
};
const firebase = {
  iss: "https://securetoken.google.com/acme-photos",
  aud: "acme-photos",
  auth_time: IAT - 7_200,
  user_id: "Kc3vQ9tWmXb1Zs5nYp7Lr2Hd8Gf4",
  sub: "Kc3vQ9tWmXb1Zs5nYp7Lr2Hd8Gf4",
  ...hour,
  email: "ann@example.com",
  email_verified: true,
  scope: "images:read images:write",
  firebase: {
    identities: { email: ["ann@example.com"] },
    sign_in_provider: "password",
    tenant: "acme-4fj2k",
  },
};
const clerk = {
  azp: "https://app.example.com",
  exp: NOW + 60,
  fva: [7, -1],
  iat: NOW,
  iss: "https://clerk.example.com",
  jti: "8f2c1b0a9d8e7f6a5b4c",
  nbf: NOW - 10,
  o: { id: "org_2aBcDeFgHiJkLmNoPqRsTuVwXyZ", rol: "admin", slg: "acme", per: "read", fpm: "3" },
  sid: "sess_2aBcDeFgHiJkLmNoPqRsTuVwXyZ",
  sts: "active",
  sub: "user_2aBcDeFgHiJkLmNoPqRsTuVwXyZ",
  v: 2,
};
const google = {
  iss: "https://accounts.google.com",
  azp: "407408718192.apps.googleusercontent.com",
  aud: "407408718192.apps.googleusercontent.com",
  sub: "110169484474386276334",
  hd: "acme.example",
  email: "ann@acme.example",
  email_verified: true,
  at_hash: "HK6E_P6Dh8Y93mRNtsDB1Q",
  ...hour,
};
const account = "uploader@acme-photos.iam.gserviceaccount.com";

const TOKENS: Readonly<Record<string, ProviderToken>> = {
  "Auth0, its own profile": {
    header: { typ: "JWT" },
    claims: { ...auth0, azp: "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv" },
    variables: auth0Variables,
    tenant: "acme",
  },
  "Auth0, the profile of RFC 9068 with permissions": {
    header: { typ: "at+jwt" },
    claims: { ...auth0, scope: "openid", client_id: "Ab1Cd2", jti: "x8Jd", permissions: OURS },
    variables: { ...auth0Variables, SCOPE_CLAIMS: "permissions" },
    tenant: "acme",
  },
  "Okta, a custom authorization server": {
    claims: {
      ver: 1,
      jti: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMA0D7uX39RE",
      iss: "https://acme.okta.com/oauth2/aus9o8wzmp4sqjV7Y0h7",
      aud: "api://tintype",
      ...hour,
      cid: "0oabv6kx4qq6h1U5l0h7",
      uid: "00ujmkLgagxeRrAg20g3",
      scp: ["openid", ...OURS],
      auth_time: IAT,
      sub: "ann@example.com",
      tenant: "acme",
    },
    variables: { AUDIENCE: "api://tintype" },
    tenant: "acme",
  },
  "Entra ID, a user's": {
    header: { typ: "JWT" },
    claims: { ...entra, scp: "images:read images:write" },
    variables: { AUDIENCE: entra.aud, TENANT_CLAIM: "tid" },
    tenant: DIRECTORY,
  },
  "Entra ID, an application's": {
    header: { typ: "JWT" },
    claims: { ...entra, roles: OURS, idtyp: "app" },
    variables: { AUDIENCE: entra.aud, TENANT_CLAIM: "tid", SCOPE_CLAIMS: "scp,roles" },
    tenant: DIRECTORY,
  },
  "Keycloak, client scopes and a mapped tenant": {
    header: { typ: "JWT" },
    claims: { ...keycloak, tenant: "acme" },
    variables: { AUDIENCE: "tintype" },
    tenant: "acme",
  },
  "Keycloak, client roles and organizations": {
    header: { typ: "JWT" },
    claims: { ...keycloak, organization: ["acme"] },
    variables: {
      AUDIENCE: "tintype",
      TENANT_CLAIM: "/organization/0",
      SCOPE_CLAIMS: "/resource_access/tintype/roles",
    },
    tenant: "acme",
  },
  "Cognito, as it comes: without an audience": {
    claims: cognito,
    variables: { AUDIENCE: cognito.client_id },
    refused: "audience",
  },
  "Cognito, after a pre token generation trigger": {
    claims: { ...cognito, aud: cognito.client_id, tenant: "acme" },
    variables: { AUDIENCE: cognito.client_id },
    tenant: "acme",
  },
  "Firebase, custom claims": {
    header: { typ: "JWT" },
    claims: { ...firebase, tenant: "acme" },
    variables: { AUDIENCE: "acme-photos" },
    tenant: "acme",
  },
  "Firebase with Identity Platform's tenants": {
    header: { typ: "JWT" },
    claims: firebase,
    variables: { AUDIENCE: "acme-photos", TENANT_CLAIM: "/firebase/tenant" },
    tenant: "acme-4fj2k",
  },
  "Clerk, a session token as it comes: without an audience": {
    header: { typ: "JWT", cat: "cl_B7d4PD111AAA" },
    claims: clerk,
    variables: { AUDIENCE: "tintype", TENANT_CLAIM: "/o/slg" },
    refused: "audience",
  },
  "Clerk, a session token with claims added": {
    header: { typ: "JWT", cat: "cl_B7d4PD111AAA" },
    claims: { ...clerk, aud: "tintype", scope: "images:read images:write" },
    variables: { AUDIENCE: "tintype", TENANT_CLAIM: "/o/slg" },
    tenant: "acme",
  },
  "Google, an ID token: it has neither tenant nor scopes": {
    header: { typ: "JWT" },
    claims: google,
    variables: { AUDIENCE: google.aud },
    refused: "tenant",
  },
  "Google, a service account's own JWT": {
    header: { typ: "JWT" },
    claims: {
      iss: account,
      sub: account,
      aud: "https://images.example.com",
      ...hour,
      tenant: "acme",
      scope: "images:read images:write",
    },
    variables: { AUDIENCE: "https://images.example.com" },
    tenant: "acme",
  },
};

for (const [what, { header, claims, variables, tenant, refused }] of Object.entries(TOKENS)) {
  test(`${what}: ${refused === undefined ? "taken" : `refused (${refused})`}`, async () => {
    const ISSUER = String(claims["iss"]);
    const settings = tokenSettings.parse({ ISSUER, ...variables });
    const fetch = () => Promise.resolve(Response.json(JWKS));
    const keys = new RemoteKeys({ url: ISSUER, algorithms: settings.TOKEN_ALGORITHMS, fetch });
    const verify = makeTokenVerifier({ keys, settings, clock });
    const checking = verify(await signedWith("RS256", claims, header));
    if (refused !== undefined) {
      await assert.rejects(checking, (error) => tokenFaultOf(error)?.reason === refused);
      return;
    }
    const found = await checking;
    assert.deepEqual([found.tenant, found.subject], [tenant, claims["sub"]]);
    for (const scope of OURS) assert.ok(found.scopes.has(scope), scope);
  });
}
