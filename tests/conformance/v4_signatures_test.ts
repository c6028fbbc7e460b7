/** Google's own cases for V4 signatures (`../shared/conformance/v4_signatures.json`), through our signer and our verifier. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { importRsaPublicKey, verifyWith } from "@tintype/core/gcp/v4_keys";
import { type PostCondition, signPostPolicy } from "@tintype/core/gcp/v4_post_policy";
import { draftUrl, type V4Request, type V4UrlStyle } from "@tintype/core/gcp/v4_signer";
import { verifySignedRequest } from "@tintype/core/gcp/v4_verifier";

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

interface PolicyCase {
  readonly description: string;
  readonly policyInput: Place & {
    readonly bucket: string;
    readonly object: string;
    readonly expiration: number;
    readonly timestamp: string;
    readonly fields?: Record<string, string>;
    readonly conditions?: {
      readonly startsWith?: readonly [string, string];
      readonly contentLengthRange?: readonly [number, number];
    };
  };
  readonly policyOutput: { readonly url: string; readonly fields: Record<string, string> };
}

interface Suite {
  readonly signingV4Tests: readonly SigningCase[];
  readonly postPolicyV4Tests: readonly PolicyCase[];
}

const FOLDER = new URL("../../../shared/conformance/", import.meta.url);
const CASES = new URL("v4_signatures.json", FOLDER);
const ACCOUNT = new URL("test_service_account.public.json", FOLDER);
const SLIP = "Universe domain with virtual hosted style";
const STYLES: Readonly<Record<string, V4UrlStyle>> = {
  VIRTUAL_HOSTED_STYLE: "virtual",
  BUCKET_BOUND_HOSTNAME: "bucket_bound",
};

if (existsSync(CASES) && existsSync(ACCOUNT)) {
  const suite: Suite = JSON.parse(readFileSync(CASES, "utf8"));
  const account: { client_email: string; public_key_pem: string } = JSON.parse(
    readFileSync(ACCOUNT, "utf8"),
  );
  const signer = {
    algorithm: "GOOG4-RSA-SHA256",
    accessId: account.client_email,
  } as const;

  test("Google's file holds its 29 signing cases and 11 post policies", () => {
    assert.equal(suite.signingV4Tests.length, 29);
    assert.equal(suite.postPolicyV4Tests.length, 11);
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

  for (
    const [index, { description, policyInput, policyOutput }] of suite.postPolicyV4Tests.entries()
  ) {
    test(`post policy ${index + 1}: ${description}`, async () => {
      const { bucket, object, expiration, fields, conditions } = policyInput;
      const policy = await signPostPolicy(
        { ...signer, sign: () => Promise.resolve(signatureOf(policyOutput)) },
        {
          ...placeOfCase(policyInput),
          bucket,
          object,
          expiresSeconds: expiration,
          fields,
          conditions: conditionsOf(conditions),
        },
        { nowMs: Date.parse(policyInput.timestamp) },
      );
      assert.deepEqual(policy, { url: policyOutput.url, fields: policyOutput.fields });
      const key = await importRsaPublicKey(account.public_key_pem);
      assert(await verifyWith(key, signatureOf(policyOutput), policy.fields["policy"] ?? ""));
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
  const mended = text.replace("GET\n/test-bucket/", "GET\n/");
  assert(!given.expectedStringToSign.endsWith(hash(text)), "the case is mended: drop SLIP");
  assert(given.expectedStringToSign.endsWith(hash(mended)));
  return mended;
}

function requestOf(given: SigningCase): V4Request {
  return {
    ...placeOfCase(given),
    method: given.method,
    bucket: given.bucket,
    object: given.object,
    query: given.queryParameters,
    headers: given.headers,
    expiresSeconds: given.expiration,
  };
}

/** Endpoint and style by Google's rule: hostname over the client's endpoint over emulator over universe. */
function placeOfCase(place: Place): { endpoint: string; urlStyle: V4UrlStyle } {
  const urlStyle = STYLES[place.urlStyle ?? ""] ?? "path";
  const host = place.bucketBoundHostname ?? place.hostname ?? place.clientEndpoint ??
    place.emulatorHostname ?? `storage.${place.universeDomain ?? "googleapis.com"}`;
  const endpoint = host.includes("://") ? host : `${place.scheme ?? "https"}://${host}`;
  return { endpoint, urlStyle };
}

function conditionsOf(
  given: PolicyCase["policyInput"]["conditions"],
): readonly PostCondition[] {
  const conditions: PostCondition[] = [];
  if (given?.startsWith) conditions.push(["starts-with", ...given.startsWith]);
  if (given?.contentLengthRange) {
    conditions.push(["content-length-range", ...given.contentLengthRange]);
  }
  return conditions;
}

function signatureOf({ fields }: PolicyCase["policyOutput"]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(fields["x-goog-signature"] ?? "", "hex"));
}
