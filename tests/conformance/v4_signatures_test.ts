/** Google's own cases for V4 signatures (`../shared/conformance/v4_signatures.json`), through our signer and our verifier. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { draftUrl, objectPath, type V4Request } from "@tintype/gcs/v4_signer";
import { verifySignedRequest } from "@tintype/gcs/v4_verifier";

interface Place {
  readonly scheme?: string;
  readonly urlStyle?: string;
  readonly bucketBoundHostname?: string;
  readonly hostname?: string;
  readonly clientEndpoint?: string;
  readonly emulatorHostname?: string;
  readonly universeDomain?: string;
}

interface SigningCase extends Place {
  readonly description: string;
  readonly bucket: string;
  readonly object?: string;
  readonly method: V4Request["method"];
  readonly expiration: number;
  readonly timestamp: string;
  readonly headers?: Record<string, string>;
  readonly queryParameters?: Record<string, string>;
  readonly expectedUrl: string;
  readonly expectedCanonicalRequest: string;
  readonly expectedStringToSign: string;
}

interface Suite {
  readonly signingV4Tests: readonly SigningCase[];
}

const FOLDER = new URL("../../../shared/conformance/", import.meta.url);
const CASES = new URL("v4_signatures.json", FOLDER);
const ACCOUNT = new URL("test_service_account.public.json", FOLDER);
const SLIP = "Universe domain with virtual hosted style";

if (existsSync(CASES) && existsSync(ACCOUNT)) {
  const suite: Suite = JSON.parse(readFileSync(CASES, "utf8"));
  const account: { client_email: string; public_key_pem: string } = JSON.parse(
    readFileSync(ACCOUNT, "utf8"),
  );
  const signer = {
    algorithm: "GOOG4-RSA-SHA256",
    accessId: account.client_email,
  } as const;

  test("Google's file holds its 29 signing cases", () => {
    assert.equal(suite.signingV4Tests.length, 29);
  });

  for (const [index, given] of suite.signingV4Tests.entries()) {
    test(`signing case ${index + 1}: ${given.description}`, async () => {
      const nowMs = Date.parse(given.timestamp);
      const draft = await draftUrl(signer, requestOf(given), { nowMs });
      assert.equal(draft.canonicalRequest, canonicalRequestOf(given));
      assert.equal(draft.stringToSign, given.expectedStringToSign);
      assert.equal(draft.url, given.expectedUrl.replace(/&X-Goog-Signature=.*$/, ""));
      const verified = verifySignedRequest({
        method: given.method,
        url: given.expectedUrl,
        headers: Object.entries(given.headers ?? {}),
      }, {
        findKey: (accessId) =>
          accessId === account.client_email
            ? { type: "rsa", publicKeyPem: account.public_key_pem, email: accessId }
            : undefined,
        nowMs: nowMs + 1000,
      });
      assert.equal((await verified).email, account.client_email);
    });
  }
} else {
  test("Google's V4 signature cases", { skip: "needs ../shared/conformance" }, () => {});
}

/**
 * The case's canonical request. That of `SLIP` names the bucket in its path though it is in the host:
 * the case's own string to sign is the hash of the text without it, and its signature covers that one.
 */
function canonicalRequestOf(given: SigningCase): string {
  const text = given.expectedCanonicalRequest;
  if (given.description !== SLIP) return text;
  const hash = (value: string) => createHash("sha256").update(value).digest("hex");
  const fixed = text.replace("GET\n/test-bucket/", "GET\n/");
  assert(!given.expectedStringToSign.endsWith(hash(text)), "the case is fixed: drop SLIP");
  assert(given.expectedStringToSign.endsWith(hash(fixed)));
  return fixed;
}

function requestOf(given: SigningCase): V4Request {
  return {
    ...placeOf(given),
    method: given.method,
    query: given.queryParameters,
    headers: given.headers,
    expiresSeconds: given.expiration,
  };
}

/** Endpoint by Google's rule (hostname over the client's endpoint over emulator over universe), and path by the URL's style. */
function placeOf(given: SigningCase): Pick<V4Request, "endpoint" | "path"> {
  const { bucket, object, urlStyle } = given;
  const host = given.bucketBoundHostname ?? given.hostname ?? given.clientEndpoint ??
    given.emulatorHostname ?? `storage.${given.universeDomain ?? "googleapis.com"}`;
  const endpoint = host.includes("://") ? host : `${given.scheme ?? "https"}://${host}`;
  const path = objectPath(bucket, object);
  const inHost = path.slice(bucket.length + 1);
  if (urlStyle === "BUCKET_BOUND_HOSTNAME") return { endpoint, path: inHost };
  if (urlStyle !== "VIRTUAL_HOSTED_STYLE") return { endpoint, path };
  return { endpoint: endpoint.replace("://", `://${bucket}.`), path: inHost };
}
