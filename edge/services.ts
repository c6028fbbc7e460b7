import { cachedDaySalts } from "@tintype/core/configuration/cached_day_salts";
import { CachedTenants } from "@tintype/core/configuration/cached_tenants";
import { AppError } from "@tintype/core/errors";
import { DAYS_FILE } from "@tintype/core/model/day_salts";
import { deriveOwner, parsePseudonymKeys } from "@tintype/core/model/owner";
import type { Log } from "@tintype/core/ports/log";
import { RETENTION_POLICY, retentionPolicyOf } from "@tintype/core/retention/policy";
import { withSignature } from "@tintype/gcs/authorize";
import { importHmacSigner, importRsaSigner, type V4Signer } from "@tintype/gcs/v4_signer";
import { analyticsCounter, assetsPageFiles, makeRateLimit } from "./adapters/bindings.ts";
import { makeCallerCache } from "./adapters/caller_cache.ts";
import { durableObjectGrants } from "./adapters/durable_object_grants.ts";
import { durableObjectQuota } from "./adapters/durable_object_quota.ts";
import { gcsEdgeStore, gcsUploadSessions } from "./adapters/gcs_edge_store.ts";
import { gcsReadUrlSigner } from "./adapters/gcs_read_url_signer.ts";
import { hmacGrantTokens } from "./adapters/grant_tokens.ts";
import { hmacCursors } from "./adapters/hmac_cursors.ts";
import { makeTokenVerifier } from "./adapters/jose_token_verifier.ts";
import { otlpSpans } from "./adapters/otlp_spans.ts";
import { makePushVerifier } from "./adapters/push_verifier.ts";
import { RemoteKeys } from "./adapters/remote_keys.ts";
import { pinned } from "./adapters/tenant_objects.ts";
import { workerdStreams } from "./adapters/workerd_streams.ts";
import { type EdgeConfig, readEnv, type SigningKey } from "./env.ts";
import { makeCallerOf } from "./granted.ts";
import type { EdgeServices, PushVerifier } from "./ports.ts";

/** What an isolate keeps: made at once with the first request, except for keys, which open asynchronously. */
interface Isolate {
  readonly config: EdgeConfig;
  readonly remoteKeys: RemoteKeys;
  services: EdgeServices | undefined;
}

/** One try of a request that may be repeated. */
const STORAGE_ATTEMPT_MS = 10_000;

let isolate: Isolate | undefined;

/** The services of this isolate, made from its bindings with the first request; throws `invalid_config`. */
export async function servicesOf(bindings: object, log: Log): Promise<EdgeServices> {
  isolate ??= openIsolate(bindings);
  if (isolate.services !== undefined) return isolate.services;
  // Requests that arrive while keys open make services of their own: none awaits another's promise.
  const made = await makeServices(isolate, log);
  return isolate.services ??= made;
}

function openIsolate(bindings: object): Isolate {
  const config = readEnv(bindings);
  const remoteKeys = new RemoteKeys({ url: config.JWKS_URL, algorithms: config.TOKEN_ALGORITHMS });
  return { config, remoteKeys, services: undefined };
}

async function makeServices({ config, remoteKeys }: Isolate, log: Log): Promise<EdgeServices> {
  const [signer, originalsSigner, pseudonymKeys, cursors, grantTokens] = await Promise.all([
    importSigner("SIGNING_KEY", config.SIGNING_KEY),
    config.ORIGINALS_KEY && importSigner("ORIGINALS_KEY", config.ORIGINALS_KEY),
    parsePseudonymKeys(config.PSEUDONYM_KEYS),
    hmacCursors(config.CURSOR_KEY, config.CURSOR_KEY_ALSO),
    hmacGrantTokens(Date, config.GRANT_KEY, config.GRANT_KEY_ALSO),
  ]);
  const storage = {
    endpoint: config.STORAGE_ENDPOINT,
    authorize: withSignature(signer, Date.now),
    timeoutMs: STORAGE_ATTEMPT_MS,
  };
  const raw = { ...storage, bucket: config.RAW_BUCKET };
  const processed = { ...storage, bucket: config.PROCESSED_BUCKET };
  const configuration = {
    config: gcsEdgeStore({ ...storage, bucket: config.CONFIG_BUCKET }),
    clock: Date,
    onProblem: (error: unknown, file: string = DAYS_FILE) => {
      const code = error instanceof AppError ? error.code : "internal";
      log.error("configuration_invalid", { file, code });
    },
  };
  const salts = cachedDaySalts(configuration);
  const ownerOf: EdgeServices["ownerOf"] = async (who, timeMs) =>
    await deriveOwner(pseudonymKeys, await salts.saltAt(timeMs), who);
  const grants = durableObjectGrants(pinned(config.TENANT_GRANTS, config.JURISDICTION));
  return {
    clock: Date,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    policy: config.RETENTION_MS === undefined
      ? RETENTION_POLICY
      : retentionPolicyOf(config.RETENTION_MS),
    tenants: new CachedTenants(configuration),
    issuer: config.ISSUER,
    callerOf: makeCallerOf({
      callerOfToken: makeCallerCache({
        verify: makeTokenVerifier({ keys: remoteKeys, settings: config, clock: Date }),
        ownerOf,
        keys: remoteKeys,
        clock: Date,
      }),
      grantTokens,
      grants,
    }),
    ownerOf,
    grantTokens,
    grants,
    raw: gcsEdgeStore(raw),
    processed: gcsEdgeStore(processed),
    erasures: gcsEdgeStore({ ...storage, bucket: config.ERASURES_BUCKET }),
    sessions: gcsUploadSessions(raw),
    urlSigner: gcsReadUrlSigner(processed, signer),
    originalSigner: originalsSigner && gcsReadUrlSigner(raw, originalsSigner),
    quota: durableObjectQuota(pinned(config.TENANT_QUOTA, config.JURISDICTION)),
    addressLimit: makeRateLimit(config.ADDRESS_LIMITER, { name: "address", requests: 600 }),
    ownerLimit: makeRateLimit(config.OWNER_LIMITER, { name: "owner", requests: 600 }),
    cursors,
    pushVerifier: pushVerifierOf(config),
    streams: workerdStreams,
    spans: config.OTLP_TRACES_URL === undefined ? undefined : otlpSpans(config.OTLP_TRACES_URL),
    requests: config.METRICS && analyticsCounter(config.METRICS),
    page: { storage: config.STORAGE_ENDPOINT, signIn: config.SIGN_IN },
    pageFiles: assetsPageFiles(config.ASSETS),
  };
}

function pushVerifierOf(
  { PUSH_ACCOUNT: account, PUSH_AUDIENCE: audience, PUSH_KEYS_URL: url }: EdgeConfig,
): PushVerifier | undefined {
  if (account === undefined || audience === undefined) return undefined;
  return makePushVerifier({
    keys: new RemoteKeys({ url, algorithms: ["RS256"] }),
    account,
    audience,
    clock: Date,
  });
}

async function importSigner(
  name: "SIGNING_KEY" | "ORIGINALS_KEY",
  key: SigningKey,
): Promise<V4Signer> {
  try {
    return key.type === "hmac" ? await importHmacSigner(key) : await importRsaSigner(key);
  } catch (cause) {
    const message = `Cannot import ${name}: its private key must be PKCS #8 in PEM`;
    throw new AppError("invalid_config", message, { cause });
  }
}
