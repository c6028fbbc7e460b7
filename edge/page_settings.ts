import * as z from "zod";
import { ALL_MEDIA_TYPES, MEDIA_TYPES } from "@tintype/core/model/media_type";

/** A web address without a path; plain http only on this machine. */
export const endpoint = z.string().regex(
  /^(https:\/\/[^/?#@\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)$/,
  "must be https://host, or http:// on localhost",
);

/** A web address with a path; plain http only on this machine. */
export const address = z.string().regex(
  /^(https:\/\/[^/?#@\s]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)\/[^\s#]*$/,
  "must be an https address, or http on localhost",
);

const text = z.string().min(1);

/** The variable SIGN_IN: how people of the upload page come by a token. */
export const signIn = z.discriminatedUnion("type", [
  /** The development issuer gives a token to whoever asks for one. */
  z.strictObject({ type: z.literal("development"), tokenUrl: address, tenant: text }),
  /** OpenID Connect's authorization-code flow with PKCE; `issuer` as its discovery document names it. */
  z.strictObject({
    type: z.literal("oidc"),
    issuer: z.union([endpoint, address]),
    clientId: text,
    scope: text.default("openid images:read images:write images:delete"),
    /** Sent as `audience`, for issuers that ask for it. */
    audience: text.optional(),
    /** Origins beside the issuer's own that its endpoints have. */
    origins: z.array(endpoint).max(4).default([]),
  }),
]);

/** How people of the upload page sign in. */
type SignIn = z.infer<typeof signIn>;

/** What the upload page is configured with. */
export interface PageSettings {
  /** Where it sends pictures to and reads renditions from: an origin. */
  readonly storage: string;
  /** Undefined where nobody can sign in here. */
  readonly signIn: SignIn | undefined;
}

/** `/config.json`: what the page knows before anybody has signed in. */
export function pageConfigOf(settings: PageSettings, periodMs: number) {
  const types = ALL_MEDIA_TYPES.map((type) => {
    const { label, extensions } = MEDIA_TYPES[type];
    return { type, label, extensions };
  });
  return { signIn: settings.signIn ?? null, periodMs, types };
}

/**
 * The page's content security policy: its own files, storage for pictures, the issuer for tokens, and nothing of any
 * other host; no inline script or style, and markup only by the one template library.
 */
export function pagePolicyOf({ storage, signIn }: PageSettings): string {
  const connect = ["'self'", storage, ...originsOf(signIn)];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    `img-src 'self' blob: ${storage}`,
    `connect-src ${[...new Set(connect)].join(" ")}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types lit-html tintype-shell",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function originsOf(signIn: SignIn | undefined): string[] {
  if (signIn === undefined) return [];
  if (signIn.type === "development") return [new URL(signIn.tokenUrl).origin];
  return [new URL(signIn.issuer).origin, ...signIn.origins];
}
