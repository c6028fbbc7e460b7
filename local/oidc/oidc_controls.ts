import * as z from "zod";
import type { Control, ControlDoc } from "../http/controls.ts";
import { type KeyRing, signerSchema } from "./key_ring.ts";
import { DEFAULT_SCOPE } from "./tokens.ts";

const announceSchema = z.strictObject({ alg: signerSchema.default("ES256") });
const rotateSchema = announceSchema.extend({ kid: z.string().optional() });

/** The endpoints that make tokens, as `GET /_local` shows them. */
export const OIDC_DOCS: readonly ControlDoc[] = [
  {
    method: "POST",
    path: "/token",
    body: "{sub, tenant, scope?, ttlSeconds?, alg?: ES256 | RS256 | EdDSA}",
    does: `signs an access token; scope is "${DEFAULT_SCOPE}" and ttlSeconds 3600 by default; ` +
      "a negative ttlSeconds makes one that has ended",
  },
  {
    method: "GET",
    path: "/authorize",
    body: "OpenID Connect's authorization request with PKCE (S256); login_hint names the subject",
    does: "lets every caller in at once; POST /token takes the code, and refresh tokens",
  },
  {
    method: "POST",
    path: "/google/token",
    body: "{audience, email}",
    does: "signs the identity token of a service account, as Google's metadata server does",
  },
];

/** The controls of the signing keys. */
export function oidcControls(keys: KeyRing): readonly Control[] {
  return [
    {
      method: "POST",
      path: "/_local/rotate",
      body: "{alg?: ES256 | RS256 | EdDSA | google, kid?}",
      does: "signs by a new key from now on (ES256 by default), or by the announced one of that " +
        "kid; the old one stays published",
      async run(body) {
        const { alg, kid } = rotateSchema.parse(body ?? {});
        return { body: { alg, kid: await keys.rotate(alg, kid) } };
      },
    },
    {
      method: "POST",
      path: "/_local/announce",
      body: "{alg?: ES256 | RS256 | EdDSA | google}",
      does: "publishes a new key that does not sign yet",
      async run(body) {
        const { alg } = announceSchema.parse(body ?? {});
        return { body: { alg, kid: await keys.announce(alg) } };
      },
    },
  ];
}
