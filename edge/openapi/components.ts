import type * as z from "zod";
import { imageEventSchema, TEST_EVENT, testEventSchema } from "@tintype/core/model/webhook_event";
import {
  acceptedErasure,
  erasureResults,
  erasuresBody,
  erasureState,
  grantBody,
  health,
  imagePage,
  imageState,
  imageStates,
  imageSummary,
  limits,
  madeGrant,
  original,
  problem,
  resourceMetadata,
  startedUpload,
  uploadBody,
  uploadResults,
  uploadsBody,
} from "../schemas.ts";

/** The schemas that requests and answers of the document name. */
export const COMPONENTS = {
  AcceptedErasure: acceptedErasure,
  ErasureResults: erasureResults,
  ErasuresRequest: erasuresBody,
  ErasureState: erasureState,
  GrantRequest: grantBody,
  Health: health,
  ImageEvent: imageEventSchema,
  ImagePage: imagePage,
  ImageState: imageState,
  ImageStates: imageStates,
  ImageSummary: imageSummary,
  Limits: limits,
  MadeGrant: madeGrant,
  Original: original,
  Problem: problem,
  ResourceMetadata: resourceMetadata,
  StartedUpload: startedUpload,
  TestEvent: testEventSchema,
  UploadRequest: uploadBody,
  UploadResults: uploadResults,
  UploadsRequest: uploadsBody,
} as const satisfies Record<string, z.ZodType>;

/** The name of a schema of the document. */
export type ComponentName = keyof typeof COMPONENTS;

const ID = "019ae2c4-9a00-7c3e-8f51-2a6f0c9d1b34";
const IMAGE = `/v1/images/${ID}`;
const CREATED = "2025-12-03T05:52:06.656Z";
const PURGE = "2025-12-10T05:52:06.656Z";
const summary = {
  imageId: ID,
  status: "ready",
  ref: "order-4711",
  createdAt: CREATED,
  purgeAt: PURGE,
  image: IMAGE,
} as const;

const started = {
  imageId: ID,
  upload: {
    protocol: "gcs-resumable",
    method: "PUT",
    url: "https://storage.googleapis.com/tintype-raw/a/2025-12-03/acme?upload_id=opaque",
    headers: {},
    chunkMultiple: 262_144,
    expiresAt: "2025-12-10T03:52:06.656Z",
  },
  image: IMAGE,
  purgeAt: PURGE,
} as const;
const upload = {
  contentType: "image/jpeg",
  size: 2_412_345,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  crc32c: "h8pQ8A==",
  imageId: ID,
  ref: "order-4711",
} as const;

/** An example of each schema; tests check each against it, and send those of requests. */
export const EXAMPLES: { readonly [Name in ComponentName]: z.input<typeof COMPONENTS[Name]> } = {
  AcceptedErasure: { imageId: ID, status: "accepted", erasure: `/v1/erasures/${ID}` },
  ErasureResults: {
    results: [{ imageId: ID, status: "accepted", erasure: `/v1/erasures/${ID}` }],
  },
  ErasuresRequest: { imageIds: [ID] },
  ErasureState: { imageId: ID, status: "accepted", requestedAt: "2025-12-04T08:00:00.000Z" },
  GrantRequest: { subject: "booking-4711", count: 20, ttlSeconds: 3_600, ref: "booking-4711" },
  Health: { status: "ok" },
  ImageEvent: {
    type: "image.ready",
    timestamp: "2025-12-03T05:52:08.120Z",
    data: {
      image_id: ID,
      event_id: "b3f0c1a2d4e5968778695a4b3c2d1e0f",
      tenant: "acme",
      owner: "abcdefghij234567abcd",
      source: "edge",
      t0: CREATED,
      status: "ready",
      reason: null,
      media_type: "image/jpeg",
      bytes: 2_412_345,
      width: 4_032,
      height: 3_024,
      processed_at: "2025-12-03T05:52:08.120Z",
      ref: "order-4711",
    },
  },
  ImagePage: { images: [summary] },
  ImageState: {
    ...summary,
    source: "edge",
    bytes: 2_412_345,
    metadata: {},
    renditions: [{
      name: "thumb",
      width: 200,
      height: 150,
      contentType: "image/jpeg",
      bytes: 8_213,
      url: "https://storage.googleapis.com/tintype-processed/a/2025-12-03/acme/thumb.jpg",
    }],
  },
  ImageStates: {
    images: [
      { ...summary, status: "processing", source: null, bytes: 8, metadata: {}, renditions: [] },
    ],
  },
  ImageSummary: summary,
  Limits: {
    contentTypes: ["image/jpeg", "image/png"],
    maxBytes: 52_428_800,
    presets: ["shop"],
    requestsPerMinute: 600,
    images: { perDay: 10_000, left: 9_412 },
    bytes: { perDay: 50_000_000_000, left: 47_512_004_117 },
    resetsAt: "2025-12-04T00:00:00.000Z",
  },
  MadeGrant: {
    grantId: "6f1c2d9e-8b0a-4b7e-9c55-0e0f4f6f7a10",
    token: "opaque",
    expiresAt: "2025-12-03T06:52:06.000Z",
  },
  Original: {
    url: "https://storage.googleapis.com/tintype-raw/a/2025-12-03/acme?generation=1764741126656000",
    contentType: "image/jpeg",
    bytes: 2_412_345,
  },
  Problem: {
    type: "/problems/invalid_request",
    title: "Invalid Request",
    status: 400,
    detail: "Cannot take request as size: must be an integer",
    code: "invalid_request",
    requestId: "6f1c2d9e-8b0a-4b7e-9c55-0e0f4f6f7a10",
    errors: [{ path: "size", message: "must be an integer" }],
  },
  ResourceMetadata: {
    resource: "https://images.example.com",
    authorization_servers: ["https://issuer.example.com/"],
    scopes_supported: ["images:read", "images:write"],
    bearer_methods_supported: ["header"],
    resource_documentation: "https://images.example.com/docs",
  },
  StartedUpload: started,
  TestEvent: {
    type: TEST_EVENT,
    timestamp: "2025-12-03T05:52:08.120Z",
    data: { tenant: "acme", endpoint: "backend" },
  },
  UploadRequest: upload,
  UploadResults: { results: [{ status: 201, ...started }] },
  UploadsRequest: { uploads: [upload] },
};
