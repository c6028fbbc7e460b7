import type { Authorize } from "./storage_call.ts";
import { signUrl, type V4Signer } from "./v4_signer.ts";

const SIGNATURE_SECONDS = 300;

/** By a V4-signed URL of five minutes, for the XML API's calls; `now` is in milliseconds since the epoch. */
export function withSignature(signer: V4Signer, now: () => number): Authorize {
  return async (endpoint, { method, path, query, headers, unsignedHeaders }) => {
    const request = { method, endpoint, path, query, headers, expiresSeconds: SIGNATURE_SECONDS };
    const signed = await signUrl(signer, request, { nowMs: now() });
    return { url: signed.url, headers: { ...signed.headers, ...unsignedHeaders } };
  };
}
