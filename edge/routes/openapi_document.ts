import * as z from "zod";
import { PROBLEM_TYPES, type ProblemCode } from "../problem_types.ts";
import {
  acceptedErasure,
  erasureState,
  health,
  imagePage,
  imageParam,
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
type Json = { readonly [name: string]: unknown };

const COMPONENTS = {
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

/** An operation as this file writes it down. */
interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly scopes?: readonly string[];
  readonly query?: z.ZodObject;
  readonly body?: Json;
  readonly answers: Readonly<Record<number, keyof typeof COMPONENTS | "none" | "html" | "json">>;
  readonly problems?: readonly ProblemCode[];
}

const GUARDED = ["unauthenticated", "forbidden", "rate_limited", "invalid_request"] as const;
const BINARY = { type: "string", contentMediaType: "application/octet-stream" };

const PATHS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
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
  "/docs": { get: { id: "docs", summary: "This document as a page", answers: { 200: "html" } } },
  "/problems/{code}": {
    get: {
      id: "problem",
      summary: "What a problem means",
      answers: { 200: "html" },
      problems: ["not_found"],
    },
  },
  "/": { get: { id: "home", summary: "What runs where", answers: { 200: "html" } } },
};

/** The OpenAPI 3.1 document of the edge, made from the schemas that requests are checked by. */
export function makeOpenapiDocument() {
  return {
    openapi: "3.1.0",
    info: {
      title: "Tintype",
      version: "1.0.0",
      description: "Takes images in, processes them and makes them disappear after seven days.",
    },
    servers: [{ url: "/" }],
    paths: mapValues(
      PATHS,
      (operations, path) => mapValues(operations, (it) => operationOf(it, path)),
    ),
    components: {
      schemas: mapValues(COMPONENTS, (schema) => jsonSchema(schema)),
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}

function operationOf(operation: Operation, path: string): Json {
  const { id, summary, scopes, query, body, answers, problems = [] } = operation;
  const codes = [
    ...new Set([...(scopes === undefined ? [] : GUARDED), ...problems, "unavailable" as const]),
  ];
  return {
    operationId: id,
    summary,
    ...(scopes === undefined ? {} : {
      description: `Takes the scope ${scopes.join(" or ")}.`,
      security: [{ token: [] }],
    }),
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: { ...mapValues(answers, answerOf), ...problemAnswers(codes) },
  };
}

function pathParameters(path: string): Json[] {
  if (path.includes("{id}")) {
    return [{ name: "id", in: "path", required: true, schema: jsonSchema(imageParam.shape.id) }];
  }
  if (!path.includes("{code}")) return [];
  const schema = { enum: Object.keys(PROBLEM_TYPES) };
  return [{ name: "code", in: "path", required: true, schema }];
}

function queryParameters(query: z.ZodObject | undefined): Json[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: jsonSchema(schema),
  }));
}

function answerOf(component: Operation["answers"][number]): Json {
  if (component === "none") return { description: "Not modified" };
  if (component === "html") return { description: "A page", content: { "text/html": {} } };
  if (component === "json") {
    return { description: "The document", content: { "application/json": {} } };
  }
  return { description: component, content: { "application/json": { schema: ref(component) } } };
}

function problemAnswers(codes: readonly ProblemCode[]): Json {
  const byStatus = Object.groupBy(codes, (code) => String(PROBLEM_TYPES[code].status));
  return mapValues(byStatus, (group) => ({
    description: (group ?? []).map((code) => `\`${code}\`: ${PROBLEM_TYPES[code].title}`).join(
      "; ",
    ),
    content: { "application/problem+json": { schema: ref("Problem") } },
  }));
}

function jsonSchema(schema: z.core.$ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

function ref(component: string): Json {
  return { $ref: `#/components/schemas/${component}` };
}

function mapValues<In, Out>(
  entries: Readonly<Record<string, In>>,
  change: (value: In, name: string) => Out,
): Record<string, Out> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, value]) => [name, change(value, name)]),
  );
}
