import type { ReadUrlSigner } from "@tintype/core/ports/url_signer";
import type { GcsClient } from "./gcs_client.ts";

/** Signs addresses that read one generation of an object in one bucket. */
export class GcsReadUrlSigner implements ReadUrlSigner {
  readonly #client: GcsClient;
  readonly #bucket: string;

  constructor(client: GcsClient, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async signRead(...[name, options]: Parameters<ReadUrlSigner["signRead"]>): Promise<string> {
    const { generation, expiresAtMs } = options;
    // Signatures are dated in whole seconds, rounded down: rounding the life down too keeps it within its end.
    const seconds = Math.floor((expiresAtMs - this.#client.now()) / 1_000);
    const { url } = await this.#client.sign({
      method: "GET",
      bucket: this.#bucket,
      object: name,
      query: { generation },
      expiresSeconds: Math.max(1, seconds),
    });
    return url;
  }
}
