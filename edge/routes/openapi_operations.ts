import * as z from "zod";
import type { ProblemCode } from "../problem_types.ts";
import {
  acceptedErasure,
  erasureState,
  health,
  imagePage,
  imageQuery,
  imageState,
  imageSummary,
  imageUploadQuery,
  listQuery,
  problem,
  startedUpload,
  uploadBody,
} from "../schemas.ts";

/** A JSON object. */
export type Json = { readonly [name: string]: unknown };

/** The schemas that requests and answers of the document name. */
export const COMPONENTS = {
  AcceptedErasure: acceptedErasure,
  ErasureState: erasureState,
  Health: health,
  ImagePage: imagePage,
  ImageState: imageState,
  ImageSummary: imageSummary,
  Problem: problem,
  StartedUpload: startedUpload,
  UploadRequest: uploadBody,
} as const satisfies Record<string, z.ZodType>;

/** The name of a schema of the document. */
export type ComponentName = keyof typeof COMPONENTS;

/** An operation as the table below writes it down. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly scopes?: readonly string[];
  readonly query?: z.ZodObject;
  readonly body?: Json;
  readonly answers: Readonly<Record<number, ComponentName | "none" | "html" | "json" | "file">>;
  readonly problems?: readonly ProblemCode[];
}

const BINARY = { type: "string", contentMediaType: "application/octet-stream" };

/** Every path of the edge with its operations by method. */
export const PATHS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  "/v1/uploads": {
    post: {
      id: "startUpload",
      summary:
        "Start an upload of any size: the bytes go to the answered address, past this service",
      scopes: ["images:write"],
      body: { "application/json": { schema: ref("UploadRequest") } },
      answers: { 200: "ImageState", 201: "StartedUpload" },
      problems: [
        "invalid_json",
        "erased",
        "conflict",
        "too_large",
        "unsupported_type",
        "quota_exceeded",
      ],
    },
  },
  "/v1/images": {
    post: {
      id: "uploadImage",
      summary: "Send an image of at most 10 MiB as the body, or as the one file of a form",
      scopes: ["images:write"],
      query: imageUploadQuery,
      body: {
        "image/*": { schema: BINARY },
        "multipart/form-data": { schema: { type: "object", properties: { file: BINARY } } },
      },
      answers: { 200: "ImageSummary", 202: "ImageSummary" },
      problems: [
        "erased",
        "conflict",
        "length_required",
        "too_large",
        "unsupported_type",
        "not_an_image",
        "digest_mismatch",
        "quota_exceeded",
      ],
    },
    get: {
      id: "listImages",
      summary:
        "One's own images that are still kept, newest first; a page may be short and have a cursor",
      scopes: ["images:read", "images:read:tenant"],
      query: listQuery,
      answers: { 200: "ImagePage" },
    },
  },
  "/v1/images/{id}": {
    get: {
      id: "readImage",
      summary:
        "An image's state, with signed addresses of its renditions; wait answers when it is settled",
      scopes: ["images:read", "images:read:tenant"],
      query: imageQuery,
      answers: { 200: "ImageState", 304: "none" },
      problems: ["not_found"],
    },
    delete: {
      id: "eraseImage",
      summary: "Ask for an image's erasure: any id inside its seven days is taken",
      scopes: ["images:delete"],
      answers: { 202: "AcceptedErasure" },
      problems: ["not_found"],
    },
  },
  "/v1/erasures/{id}": {
    get: {
      id: "readErasure",
      summary: "How far an erasure is",
      scopes: ["images:delete"],
      answers: { 200: "ErasureState" },
      problems: ["not_found"],
    },
  },
  "/healthz": {
    get: { id: "health", summary: "Whether the service is up", answers: { 200: "Health" } },
  },
  "/openapi.json": { get: { id: "openapi", summary: "This document", answers: { 200: "json" } } },
  "/docs": { get: { id: "docs", summary: "This document in a viewer", answers: { 200: "html" } } },
  "/docs/plain": {
    get: { id: "plainDocs", summary: "This document as a page", answers: { 200: "html" } },
  },
  "/problems/{code}": {
    get: {
      id: "problem",
      summary: "What a problem means",
      answers: { 200: "html" },
      problems: ["not_found"],
    },
  },
  "/": { get: { id: "page", summary: "The upload page", answers: { 200: "html" } } },
  "/page/{file}": {
    get: {
      id: "pageFile",
      summary: "A file that the upload page loads",
      answers: { 200: "file" },
      problems: ["not_found"],
    },
  },
  "/config.json": {
    get: {
      id: "pageConfig",
      summary: "What the upload page is configured with",
      answers: { 200: "json" },
    },
  },
};

/** A reference to a schema of the document. */
export function ref(component: ComponentName): Json {
  return { $ref: `#/components/schemas/${component}` };
}
