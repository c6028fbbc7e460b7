/**
 * OpenID Connect's authorization-code flow with PKCE, by oauth4webapi: `begin` sends the browser to the issuer,
 * `restore` takes the code that it comes back with, and tokens are renewed by the refresh token where there is one.
 * What is held lies in sessionStorage, so it ends with the tab.
 */
import * as oauth from "oauth4webapi";
import type { OidcSignIn } from "../page_config.ts";
import { accountOf, type Session, SignedOut, type SignInWay } from "./session.ts";

const HELD = "tintype.session";
const ASKED = "tintype.sign-in";

/** What is kept of a session between reloads. */
interface HeldSession {
  readonly accessToken: string;
  readonly expiresAtMs: number;
  readonly refreshToken?: string | undefined;
  readonly idToken?: string | undefined;
  readonly name: string;
}

/** What must be the same when the browser comes back. */
interface Asked {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** What an issuer is talked to with. */
interface Issuer {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly options: { readonly [oauth.allowInsecureRequests]: boolean };
}

const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"];
/** A token is renewed so long before it ends. */
const RENEW_BEFORE_MS = 60_000;
/** For issuers that do not say how long a token lives. */
const DEFAULT_LIFE_SECONDS = 300;

/** Signs in at an OpenID issuer. */
export function oidcSignIn(config: OidcSignIn): SignInWay {
  return {
    async begin() {
      const { server } = await openIssuer(config);
      location.assign(await authorizationUrl(server, config));
      return undefined;
    },
    async restore() {
      const url = new URL(location.href);
      const hasCome = url.searchParams.has("state");
      if (hasCome) history.replaceState(null, "", redirectUri());
      const asked = read<Asked>(ASKED);
      sessionStorage.removeItem(ASKED);
      if (hasCome && asked !== undefined) await redeem(url, config, asked);
      const held = read<HeldSession>(HELD);
      return held === undefined ? undefined : sessionOf(config, held);
    },
    async end() {
      const held = read<HeldSession>(HELD);
      sessionStorage.removeItem(HELD);
      const { server, client } = await openIssuer(config);
      if (server.end_session_endpoint === undefined) return;
      const url = new URL(server.end_session_endpoint);
      url.searchParams.set("client_id", client.client_id);
      url.searchParams.set("post_logout_redirect_uri", redirectUri());
      if (held?.idToken !== undefined) url.searchParams.set("id_token_hint", held.idToken);
      location.assign(url);
    },
  };
}

/** Where the issuer sends the browser back to. */
function redirectUri(): string {
  return `${location.origin}/`;
}

async function openIssuer({ issuer, clientId }: OidcSignIn): Promise<Issuer> {
  const url = new URL(issuer);
  // Only this machine's own issuer speaks plain HTTP.
  const options = { [oauth.allowInsecureRequests]: LOCAL_HOSTS.includes(url.hostname) };
  const answer = await oauth.discoveryRequest(url, { algorithm: "oidc", ...options });
  const server = await oauth.processDiscoveryResponse(url, answer);
  return { server, client: { client_id: clientId }, options };
}

async function authorizationUrl(
  server: oauth.AuthorizationServer,
  config: OidcSignIn,
): Promise<URL> {
  if (server.authorization_endpoint === undefined) {
    throw new Error(`Cannot sign in as ${config.issuer} has no authorization endpoint`);
  }
  const asked: Asked = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
  };
  sessionStorage.setItem(ASKED, JSON.stringify(asked));
  const url = new URL(server.authorization_endpoint);
  const parameters = {
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: redirectUri(),
    scope: config.scope,
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(asked.verifier),
    code_challenge_method: "S256",
    ...(config.audience === undefined ? {} : { audience: config.audience }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** Trades the code for tokens and holds them; throws what oauth4webapi found wrong. */
async function redeem(url: URL, config: OidcSignIn, asked: Asked): Promise<void> {
  const { server, client, options } = await openIssuer(config);
  const code = oauth.validateAuthResponse(server, client, url, asked.state);
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    code,
    redirectUri(),
    asked.verifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: asked.nonce,
    requireIdToken: true,
  });
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const name = [claims?.["name"], claims?.["email"], claims?.sub]
    .find((each) => typeof each === "string");
  hold(tokens, { name: String(name ?? ""), refreshToken: undefined });
}

function sessionOf(config: OidcSignIn, first: HeldSession): Session {
  let held = first;
  let renewing: Promise<HeldSession> | undefined;
  return {
    name: held.name,
    account: accountOf(held.accessToken),
    async token({ refused } = {}) {
      if (isUsable(held, refused)) return held.accessToken;
      // Several uploads may ask at once, and a refresh token may be good for one use only.
      renewing ??= renew(config, held).finally(() => renewing = undefined);
      held = await renewing;
      return held.accessToken;
    },
  };
}

/** Whether a token may be sent: it is none that was refused, and has a minute left. */
function isUsable({ accessToken, expiresAtMs }: HeldSession, refused: string | undefined): boolean {
  return accessToken !== refused && expiresAtMs - Date.now() > RENEW_BEFORE_MS;
}

async function renew(config: OidcSignIn, held: HeldSession): Promise<HeldSession> {
  const { refreshToken } = held;
  if (refreshToken === undefined) throw new SignedOut("Cannot renew token without asking again");
  const { server, client, options } = await openIssuer(config);
  const answer = await oauth.refreshTokenGrantRequest(
    server,
    client,
    oauth.None(),
    refreshToken,
    options,
  );
  try {
    const tokens = await oauth.processRefreshTokenResponse(server, client, answer);
    return hold(tokens, held);
  } catch (cause) {
    if (!(cause instanceof oauth.ResponseBodyError)) throw cause;
    sessionStorage.removeItem(HELD);
    throw new SignedOut("Cannot renew token as the issuer refused", { cause });
  }
}

function hold(
  tokens: oauth.TokenEndpointResponse,
  old: Pick<HeldSession, "name" | "refreshToken">,
): HeldSession {
  const held: HeldSession = {
    accessToken: tokens.access_token,
    expiresAtMs: Date.now() + (tokens.expires_in ?? DEFAULT_LIFE_SECONDS) * 1_000,
    refreshToken: tokens.refresh_token ?? old.refreshToken,
    idToken: tokens.id_token,
    name: old.name,
  };
  sessionStorage.setItem(HELD, JSON.stringify(held));
  return held;
}

function read<T>(key: string): T | undefined {
  const text = sessionStorage.getItem(key);
  return text === null ? undefined : JSON.parse(text) as T; // written by this file alone
}
