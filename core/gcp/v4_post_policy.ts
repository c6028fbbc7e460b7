import { hexOf } from "../hex.ts";
import { scopeText, timestampOf } from "./v4_canonical.ts";
import { placeOf, type SignOptions, type V4Request, type V4Signer } from "./v4_signer.ts";

/** A condition beside the fields: a field's prefix, or the body's size in bytes. */
export type PostCondition =
  | readonly ["starts-with", field: string, prefix: string]
  | readonly ["content-length-range", minBytes: number, maxBytes: number];

/** The form upload that a policy allows. */
export interface PostPolicyRequest
  extends Pick<V4Request, "endpoint" | "bucket" | "expiresSeconds" | "urlStyle"> {
  readonly object: string;
  /** Form fields that must be sent as they are. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly conditions?: readonly PostCondition[] | undefined;
}

/** Where a form is posted to, and the fields that go before its file. */
export interface PostPolicy {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Signs a policy document for HTML forms (https://cloud.google.com/storage/docs/authentication/signatures#policy-document). */
export async function signPostPolicy(
  signer: V4Signer,
  request: PostPolicyRequest,
  { nowMs, region = "auto" }: SignOptions,
): Promise<PostPolicy> {
  const { bucket, object, fields, conditions = [], expiresSeconds } = request;
  const timestamp = timestampOf(nowMs);
  const scope = { day: timestamp.slice(0, 8), region };
  const signed = {
    key: object,
    "x-goog-date": timestamp,
    "x-goog-credential": `${signer.accessId}/${scopeText(scope)}`,
    "x-goog-algorithm": signer.algorithm,
  };
  const equal = Object.entries({ ...fields, bucket, ...signed }).map(([name, value]) => ({
    [name]: value,
  }));
  const expiration = new Date(nowMs + expiresSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const policy = btoa(asciiJson({ conditions: [...conditions, ...equal], expiration }));
  const signature = hexOf(await signer.sign(policy, scope));
  const { origin, path } = placeOf({ ...request, object: "" });
  return {
    url: origin + path,
    fields: { ...fields, ...signed, "x-goog-signature": signature, policy },
  };
}

/** JSON with everything beyond ASCII escaped, as Cloud Storage asks of a policy. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
