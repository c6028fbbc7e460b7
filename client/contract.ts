/** The edge's HTTP contract, made from its /openapi.json by `deno task generate`. */
// deno-fmt-ignore-file

export type components = {
    schemas: {
        readonly AcceptedErasure: {
            /** @description UUIDv7; its time is the image's T0 */
            readonly imageId: string;
            readonly status: "accepted";
            /** @description Path on this host */
            readonly erasure: string;
        };
        readonly ErasureState: {
            /** @description UUIDv7; its time is the image's T0 */
            readonly imageId: string;
            readonly status: "accepted" | "erased";
            /** @description ISO 8601, UTC */
            readonly requestedAt: string;
            /** @description ISO 8601, UTC */
            readonly erasedAt?: string;
        };
        readonly GrantRequest: {
            /** @description Whose images they will be; the grant itself holds pseudonyms alone */
            readonly subject: string;
            readonly contentTypes?: readonly ("image/jpeg" | "image/png" | "image/webp" | "image/avif" | "image/gif" | "image/tiff" | "image/heic" | "image/heif" | "image/jxl" | "image/bmp")[];
            /** @description Bytes of each image */
            readonly maxBytes?: number;
            /** @description Images at most */
            readonly count: number;
            readonly ttlSeconds: number;
            /** @description The caller's own reference */
            readonly ref?: string;
        };
        readonly ImageEvent: {
            readonly type: "image.ready" | "image.rejected" | "image.failed" | "image.erased";
            readonly timestamp: string;
            readonly data: {
                readonly image_id: string;
                readonly event_id: string;
                readonly tenant: string | null;
                readonly owner: string | null;
                readonly source: "edge" | "kafka" | "unknown";
                readonly t0: string;
                readonly status: "ready" | "rejected" | "failed" | "erased";
                readonly reason: string | null;
                readonly media_type: string | null;
                readonly bytes: number | null;
                readonly width: number | null;
                readonly height: number | null;
                readonly processed_at: string;
                readonly ref?: string;
                readonly origin?: string;
            } & {
                readonly [key: string]: ((string | number | boolean) | null | readonly (string | number | boolean)[]) | readonly {
                    readonly [key: string]: string | number | boolean | null;
                }[];
            };
        };
        readonly ImagePage: {
            readonly images: readonly components["schemas"]["ImageSummary"][];
            readonly cursor?: string;
        };
        readonly ImageState: {
            /** @description UUIDv7; its time is the image's T0 */
            readonly imageId: string;
            readonly status: "processing" | "ready" | "rejected" | "failed";
            /** @description The caller's own reference */
            readonly ref?: string;
            readonly reason?: string;
            readonly detail?: string;
            readonly source: ("edge" | "kafka" | "unknown") | null;
            readonly bytes: number;
            /** @description ISO 8601, UTC */
            readonly createdAt: string;
            /** @description ISO 8601, UTC */
            readonly purgeAt: string;
            /** @description Path on this host */
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
                readonly primaries?: "bt709" | "bt470m" | "bt470bg" | "smpte170m" | "film" | "bt2020" | "xyz" | "dci_p3" | "display_p3" | "ebu3213" | "adobe_rgb" | "prophoto_rgb" | "other";
                readonly transfer?: "srgb" | "bt1886" | "gamma" | "linear" | "pq" | "hlg" | "other";
                readonly isHdr?: boolean;
                readonly provenance?: "none" | "present";
                readonly isAiGenerated?: boolean;
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
                    /** @default [] */
                    readonly dominantColorShares: readonly number[];
                    readonly meanLuma: number;
                    readonly contrast: number;
                    readonly sharpness: number;
                    readonly entropy: number;
                    readonly isBlank: boolean;
                    readonly perceptualHash: string;
                    readonly thumbhash: string;
                };
                readonly custom?: {
                    readonly [key: string]: (string | number | boolean) | null | readonly (string | number | boolean)[];
                };
                readonly extra?: {
                    readonly [key: string]: (string | number | boolean) | null | readonly (string | number | boolean)[];
                };
            } | Record<string, never>;
            readonly renditions: readonly {
                readonly name: string;
                readonly width: number;
                readonly height: number;
                readonly contentType: string;
                readonly bytes: number;
                /** @description Of an animation */
                readonly frames?: number;
                /**
                 * @description It has a gain map for displays that are brighter than SDR's
                 * @constant
                 */
                readonly hasGainMap?: true;
                /** @description What its line asks for and the picture could not keep */
                readonly dropped?: readonly ("animation" | "gain_map")[];
                /** @description Signed; the same for 5 minutes, ends 15 to 20 minutes later or at purgeAt */
                readonly url: string;
            }[];
        };
        readonly ImageStates: {
            /** @description 404 as for one image; 503 where the call has reached the storage requests that it may make: ask for those again */
            readonly images: readonly (components["schemas"]["ImageState"] | {
                /** @description UUIDv7; its time is the image's T0 */
                readonly imageId: string;
                readonly status: number;
                readonly problem: components["schemas"]["Problem"];
            })[];
        };
        readonly ImageSummary: {
            /** @description UUIDv7; its time is the image's T0 */
            readonly imageId: string;
            readonly status: "processing" | "ready" | "rejected" | "failed";
            /** @description The caller's own reference */
            readonly ref?: string;
            readonly reason?: string;
            /** @description ISO 8601, UTC */
            readonly createdAt?: string;
            /** @description ISO 8601, UTC */
            readonly purgeAt: string;
            /** @description Path on this host */
            readonly image: string;
            /** @description Where include=renditions asks for them */
            readonly renditions?: readonly {
                readonly name: string;
                readonly width: number;
                readonly height: number;
                readonly contentType: string;
                readonly bytes: number;
                /** @description Of an animation */
                readonly frames?: number;
                /**
                 * @description It has a gain map for displays that are brighter than SDR's
                 * @constant
                 */
                readonly hasGainMap?: true;
                /** @description What its line asks for and the picture could not keep */
                readonly dropped?: readonly ("animation" | "gain_map")[];
                /** @description Signed; the same for 5 minutes, ends 15 to 20 minutes later or at purgeAt */
                readonly url: string;
            }[];
            /** @description With renditions: their blurred likeness */
            readonly thumbhash?: string;
        };
        readonly Limits: {
            readonly contentTypes: readonly string[];
            /** @description Bytes of each image */
            readonly maxBytes: number;
            readonly presets: readonly string[];
            readonly requestsPerMinute: number;
            readonly images: {
                readonly perDay: number;
                readonly left: number;
            };
            readonly bytes?: {
                readonly perDay: number;
                readonly left: number;
            };
            /** @description ISO 8601, UTC */
            readonly resetsAt: string;
        };
        readonly MadeGrant: {
            readonly grantId: string;
            /** @description A bearer token: whoever has it can upload */
            readonly token: string;
            /** @description ISO 8601, UTC */
            readonly expiresAt: string;
        };
        readonly Original: {
            /** @description Signed; ends 15 to 20 minutes later or at purgeAt */
            readonly url: string;
            readonly contentType: string;
            readonly bytes: number;
        };
        readonly Problem: {
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
        readonly StartedUpload: {
            /** @description UUIDv7; its time is the image's T0 */
            readonly imageId: string;
            readonly upload: {
                readonly protocol: "gcs-resumable";
                readonly method: "PUT";
                /** @description The session: whoever has it can write; keep it secret */
                readonly url: string;
                readonly headers: {
                    readonly [key: string]: string;
                };
                /** @description Chunks but the last are multiples of it */
                readonly chunkMultiple: number;
                /** @description ISO 8601, UTC */
                readonly expiresAt: string;
            };
            /** @description Path on this host */
            readonly image: string;
            /** @description ISO 8601, UTC */
            readonly purgeAt: string;
        };
        readonly TestEvent: {
            readonly type: "webhook.test";
            readonly timestamp: string;
            readonly data: {
                readonly tenant: string;
                readonly endpoint: string;
            };
        };
        readonly UploadRequest: {
            readonly contentType: string;
            /** @description Bytes */
            readonly size: number;
            /** @description SHA-256 of the bytes, lower-case hex */
            readonly sha256?: string;
            /** @description CRC32C of the bytes, big-endian base64 */
            readonly crc32c?: string;
            /** @description UUIDv7; its time is the image's T0 */
            readonly imageId?: string;
            readonly preset?: string;
            /** @description The caller's own reference */
            readonly ref?: string;
        };
    };
};
export type AcceptedErasure = components['schemas']['AcceptedErasure'];
export type ErasureState = components['schemas']['ErasureState'];
export type GrantRequest = components['schemas']['GrantRequest'];
export type ImageEvent = components['schemas']['ImageEvent'];
export type ImagePage = components['schemas']['ImagePage'];
export type ImageState = components['schemas']['ImageState'];
export type ImageStates = components['schemas']['ImageStates'];
export type ImageSummary = components['schemas']['ImageSummary'];
export type Limits = components['schemas']['Limits'];
export type MadeGrant = components['schemas']['MadeGrant'];
export type Original = components['schemas']['Original'];
export type Problem = components['schemas']['Problem'];
export type StartedUpload = components['schemas']['StartedUpload'];
export type TestEvent = components['schemas']['TestEvent'];
export type UploadRequest = components['schemas']['UploadRequest'];
