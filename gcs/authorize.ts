import type { Authorize, StorageCall } from "./storage_call.ts";
import { StorageError } from "./storage_error.ts";
import { signUrl, type V4Signer } from "./v4_signer.ts";

const SIGNATURE_SECONDS = 300;

/** Without credentials, as the emulator is asked. */
export const anonymous: Authorize = async (endpoint, call) => await authorized(endpoint, call, {});

/** With the headers that `getHeaders` gives, such as an access token's; what it throws counts as no response. */
export function withHeaders(
  getHeaders: () => Promise<Iterable<readonly [string, string]>>,
): Authorize {
  return async (endpoint, call) => {
    try {
      return authorized(endpoint, call, Object.fromEntries(await getHeaders()));
    } catch (cause) {
      throw new StorageError("Cannot get credentials", { status: 0 }, { cause });
    }
  };
}

/** By a V4-signed URL of five minutes, for the XML API's calls; `now` is in milliseconds since the epoch. */
export function withSignature(signer: V4Signer, now: () => number): Authorize {
  return async (endpoint, call) => {
    const { method, path, headers, unsignedHeaders } = call;
    const query = definedOf(call);
    const request = { method, endpoint, path, query, headers, expiresSeconds: SIGNATURE_SECONDS };
    const signed = await signUrl(signer, request, { nowMs: now() });
    return { url: signed.url, headers: { ...signed.headers, ...unsignedHeaders } };
  };
}

function authorized(endpoint: string, call: StorageCall, credentials: Record<string, string>) {
  const search = new URLSearchParams(definedOf(call)).toString();
  const url = `${endpoint}${call.path}${search === "" ? "" : `?${search}`}`;
  return { url, headers: { ...call.headers, ...call.unsignedHeaders, ...credentials } };
}

function definedOf({ query = {} }: StorageCall): Record<string, string> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}
