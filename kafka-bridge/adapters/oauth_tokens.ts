import * as oauth from "oauth4webapi";
import type { OauthbearerProviderResponse } from "kafkajs";

/** Whose tokens, and from where (RFC 6749, section 4.4: client credentials). */
interface OauthTokensOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
  /** SASL extensions (RFC 7628), such as Confluent Cloud's `logicalCluster`. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** A token is replaced after this share of its life. */
const USED_SHARE = 0.8;
/** The life of a token whose provider does not say it, in seconds. */
const DEFAULT_LIFE_SECONDS = 300;

/** Fetches access tokens for SASL/OAUTHBEARER, one at a time, and gives each out again until it is nearly over. */
export function oauthTokens(
  options: OauthTokensOptions,
): () => Promise<OauthbearerProviderResponse> {
  let token: Promise<OauthbearerProviderResponse> | undefined;
  let replaceAtMs = 0;
  return () => {
    if (token !== undefined && performance.now() < replaceAtMs) return token;
    replaceAtMs = Infinity;
    token = fetchToken(options).then(({ value, lifeSeconds }) => {
      replaceAtMs = performance.now() + USED_SHARE * lifeSeconds * 1_000;
      return { value, extensions: options.extensions };
    }, (cause: unknown) => {
      token = undefined;
      const isRefused = cause instanceof oauth.ResponseBodyError;
      const why = isRefused ? `: ${cause.error}, look at KAFKA_SASL_USERNAME and _PASSWORD` : "";
      const message = `Cannot get an access token from ${options.tokenUrl}${why}`;
      throw new Error(message, isRefused ? {} : { cause });
    });
    return token;
  };
}

async function fetchToken({ tokenUrl, clientId, clientSecret, scope }: OauthTokensOptions) {
  const { origin, protocol } = new URL(tokenUrl);
  const server = { issuer: origin, token_endpoint: tokenUrl };
  const client = { client_id: clientId };
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic(clientSecret),
    new URLSearchParams(scope === undefined ? {} : { scope }),
    { [oauth.allowInsecureRequests]: protocol === "http:" }, // on this machine alone: `env.ts`
  );
  const { access_token: value, expires_in: lifeSeconds = DEFAULT_LIFE_SECONDS } = await oauth
    .processClientCredentialsResponse(server, client, response);
  return { value, lifeSeconds };
}
