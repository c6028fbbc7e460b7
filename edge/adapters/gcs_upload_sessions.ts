import { AppError } from "@tintype/core/errors";
import type { ObjectName } from "@tintype/core/model/object_name";
import type { SessionOptions, UploadSessions } from "@tintype/core/ports/upload_sessions";
import { type GcsClient, readRefusal, unexpected } from "./gcs_client.ts";
import { createHeaders } from "./gcs_edge_store.ts";

/** Starts resumable sessions by signed POSTs (https://cloud.google.com/storage/docs/xml-api/post-object-resumable). */
export class GcsUploadSessions implements UploadSessions {
  readonly #client: GcsClient;
  readonly #bucket: string;

  constructor(client: GcsClient, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async start(name: ObjectName, options: SessionOptions): Promise<{ readonly url: string }> {
    const { size, origin, signal } = options;
    // Repeated: an empty session that nobody knows harms nobody.
    const response = await this.#client.send({
      method: "POST",
      bucket: this.#bucket,
      object: name,
      headers: {
        ...createHeaders(options),
        "x-goog-content-length-range": `0,${size}`,
        "x-goog-resumable": "start",
      },
      unsignedHeaders: origin === undefined ? {} : { Origin: origin },
      signal,
    });
    if (!response.ok) throw unexpected(await readRefusal(response));
    await response.body?.cancel();
    const url = response.headers.get("location");
    if (url !== null) return { url };
    throw new AppError("internal", "Cannot start upload as storage named no session");
  }
}
