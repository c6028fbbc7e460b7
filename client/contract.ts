/** The edge's HTTP contract, made from its /openapi.json by `deno task generate`. */
// deno-fmt-ignore-file

export type AcceptedErasure = {
  /** UUIDv7; its time is the image's T0 */
  readonly imageId: string;
  readonly status: "accepted";
  /** Path on this host */
  readonly erasure: string;
};

export type ErasureState = {
  /** UUIDv7; its time is the image's T0 */
  readonly imageId: string;
  readonly status: "accepted" | "erased";
  /** ISO 8601, UTC */
  readonly requestedAt: string;
  /** ISO 8601, UTC */
  readonly erasedAt?: string;
};

export type Health = {
  readonly status: "ok";
};

export type ImagePage = {
  readonly images: readonly {
    /** UUIDv7; its time is the image's T0 */
    readonly imageId: string;
    readonly status: "processing" | "ready" | "rejected" | "failed";
    /** ISO 8601, UTC */
    readonly createdAt?: string;
    /** ISO 8601, UTC */
    readonly purgeAt: string;
    /** Path on this host */
    readonly image: string;
  }[];
  readonly cursor?: string;
};

export type ImageState = {
  /** UUIDv7; its time is the image's T0 */
  readonly imageId: string;
  readonly status: "processing" | "ready" | "rejected" | "failed";
  readonly reason?: string;
  readonly detail?: string;
  readonly source: "edge" | "kafka" | "unknown" | null;
  readonly bytes: number;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  /** ISO 8601, UTC */
  readonly purgeAt: string;
  /** Path on this host */
  readonly image: string;
  readonly metadata: {
    readonly mediaType: string;
    readonly width: number;
    readonly height: number;
    readonly megapixels: number;
    readonly frames: number;
    readonly isAnimated: boolean;
    readonly hasAlpha: boolean;
    readonly colorSpace: "rgb" | "grey" | "cmyk" | "ycck" | "palette" | "yuv" | "lab" | "other";
    readonly bitDepth: number;
    readonly orientation: number;
    readonly iccName?: string;
    readonly camera?: {
      readonly make?: string;
      readonly model?: string;
      readonly lens?: string;
      readonly exposureMs?: number;
      readonly fNumber?: number;
      readonly iso?: number;
      readonly focalLengthMm?: number;
      readonly capturedHour?: number;
      readonly hasGps: boolean;
    };
    readonly insights?: {
      readonly dominantColors: readonly string[];
      readonly meanLuma: number;
      readonly contrast: number;
      readonly sharpness: number;
      readonly entropy: number;
      readonly isBlank: boolean;
      readonly perceptualHash: string;
      readonly thumbhash: string;
    };
    readonly custom?: { readonly [name: string]: string | number | boolean | null };
  } | { readonly [name: string]: never };
  readonly renditions: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly contentType: string;
    readonly bytes: number;
    /** Signed; ends after 15 minutes or at purgeAt */
    readonly url: string;
  }[];
};

export type ImageSummary = {
  /** UUIDv7; its time is the image's T0 */
  readonly imageId: string;
  readonly status: "processing" | "ready" | "rejected" | "failed";
  /** ISO 8601, UTC */
  readonly createdAt?: string;
  /** ISO 8601, UTC */
  readonly purgeAt: string;
  /** Path on this host */
  readonly image: string;
};

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: "invalid_json" | "invalid_request" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "erased" | "length_required" | "too_large" | "unsupported_type" | "not_an_image" | "digest_mismatch" | "rate_limited" | "quota_exceeded" | "internal" | "unavailable";
  readonly requestId: string;
  readonly errors?: readonly {
    readonly path: string;
    readonly message: string;
  }[];
};

export type StartedUpload = {
  /** UUIDv7; its time is the image's T0 */
  readonly imageId: string;
  readonly upload: {
    readonly protocol: "gcs-resumable";
    readonly method: "PUT";
    /** The session: whoever has it can write; keep it secret */
    readonly url: string;
    readonly headers: { readonly [name: string]: string };
    /** Chunks but the last are multiples of it */
    readonly chunkMultiple: number;
    /** ISO 8601, UTC */
    readonly expiresAt: string;
  };
  /** Path on this host */
  readonly image: string;
  /** ISO 8601, UTC */
  readonly purgeAt: string;
};

export type UploadRequest = {
  readonly contentType: string;
  /** Bytes */
  readonly size: number;
  /** SHA-256 of the bytes, lower-case hex */
  readonly sha256?: string;
  /** CRC32C of the bytes, big-endian base64 */
  readonly crc32c?: string;
  /** UUIDv7; its time is the image's T0 */
  readonly imageId?: string;
  readonly preset?: string;
};
