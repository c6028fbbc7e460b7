import type { V4Request, V4Signer } from "../v4_signer.ts";
import { importHmacSigner, importRsaSigner } from "../v4_signer.ts";
import type { V4Key } from "../v4_verifier.ts";
import document from "./v4_vectors.json" with { type: "json" };

/** A signed request, computed without our code (Python's hmac and OpenSSL, by the throw-away test keys). */
export interface V4Vector {
  readonly description: string;
  readonly key: "hmac" | "rsa";
  readonly signedAt: string;
  readonly region: string;
  readonly request: V4Request;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The throw-away test keys. */
export const TEST_KEYS = document.testKeys;

/** All vectors. */
export const V4_VECTORS = document.cases as readonly unknown[] as readonly V4Vector[]; // JSON types have no literals

/** The signer of a vector. */
export function signerOf({ key }: Pick<V4Vector, "key">): Promise<V4Signer> {
  return key === "hmac" ? importHmacSigner(TEST_KEYS.hmac) : importRsaSigner(TEST_KEYS.rsa);
}

/** The verifying side of the test keys. */
export function findTestKey(accessId: string): V4Key | undefined {
  const { hmac, rsa } = TEST_KEYS;
  if (accessId === hmac.accessId) return { type: "hmac", secret: hmac.secret, email: hmac.email };
  if (accessId !== rsa.email) return undefined;
  return { type: "rsa", publicKeyPem: rsa.publicKeyPem, email: rsa.email };
}
