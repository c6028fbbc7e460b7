import type { ReadUrlSigner } from "@tintype/core/ports/url_signer";
import type { Bucket } from "@tintype/gcs/storage_call";
import { objectPath, signUrl, type V4Signer } from "@tintype/gcs/v4_signer";

/** Signs URLs that read one generation of an object in one bucket. */
export function gcsReadUrlSigner(
  { endpoint, bucket }: Pick<Bucket, "endpoint" | "bucket">,
  signer: V4Signer,
): ReadUrlSigner {
  return {
    async signRead(name, { generation, signedAtMs: nowMs, expiresAtMs }) {
      const { url } = await signUrl(signer, {
        method: "GET",
        endpoint,
        path: objectPath(bucket, name),
        query: { generation },
        // Signatures are dated in whole seconds, rounded down: rounding the life down too keeps it within its end.
        expiresSeconds: Math.max(1, Math.floor((expiresAtMs - nowMs) / 1_000)),
      }, { nowMs });
      return url;
    },
  };
}
