import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Hono } from "hono";
import * as z from "zod";
import { parseImageId, t0OfImageId } from "@tintype/core/model/image_id";
import type { AppEnv } from "../app_env.ts";
import { call, makeTestEdge, PNG, putImage } from "../_testing.ts";
import { describe } from "../middleware/describe.ts";
import { type ComponentName, COMPONENTS, EXAMPLES } from "./components.ts";
import { makeOpenapiDocument } from "./document.ts";
import { edgeDocument, OPENAPI_FILE, openapiText } from "./generate.ts";

const ID = parseImageId(EXAMPLES.ImageSummary.imageId);
const T0 = t0OfImageId(ID);

/** The edge at the time of the examples, with a token of then. */
async function edgeThen() {
  const edge = await makeTestEdge();
  edge.clock.ms = T0 + 1_000;
  const claims = { iat: T0 / 1_000 | 0, exp: (T0 / 1_000 | 0) + 600 };
  return { edge, claims };
}

test("openapi.json is the document of the routes; deno task generate writes it", () => {
  assert.equal(readFileSync(OPENAPI_FILE, "utf8"), openapiText());
});

test("makeOpenapiDocument() refuses a route that is not described, and a schema without a name", () => {
  const bare = new Hono().get("/bare", (c) => c.text(""));
  assert.throws(() => makeOpenapiDocument(bare.routes), /Cannot document GET \/bare: describe\(\)/);
  const unnamed = describe({ id: "x", summary: "x", responses: { 200: z.string() } });
  const app = new Hono<AppEnv>().get("/unnamed", unnamed);
  assert.throws(() => makeOpenapiDocument(app.routes), /add it to COMPONENTS/);
});

test("every example is of its schema, and has the same time everywhere", () => {
  for (const [name, schema] of Object.entries(COMPONENTS)) {
    schema.parse(EXAMPLES[name as ComponentName]); // a key of the same table
  }
  assert.equal(EXAMPLES.ImageState.createdAt, new Date(T0).toISOString());
  const { schemas } = edgeDocument().components;
  assert.deepEqual(schemas["Problem"]?.["examples"], [EXAMPLES.Problem]);
});

/** The examples' story: each call with its example, and the documented answers it must get. */
const STORY: readonly (readonly [line: string, status: number, answer: ComponentName])[] = [
  ["POST /v1/uploads", 201, "StartedUpload"],
  ["POST /v1/uploads/batch", 200, "UploadResults"],
  ["GET /v1/limits", 200, "Limits"],
  ["POST /v1/images", 202, "ImageSummary"],
  ["POST /v1/uploads", 200, "ImageState"],
  ["GET /v1/images", 200, "ImagePage"],
  ["GET /v1/images/{id}", 200, "ImageState"],
  ["GET /v1/images/{id}/original", 200, "Original"],
  ["DELETE /v1/images/{id}", 202, "AcceptedErasure"],
  ["GET /v1/images/{id}", 404, "Problem"],
  ["GET /v1/erasures/{id}", 200, "ErasureState"],
  ["POST /v1/erasures", 202, "ErasureResults"],
  ["POST /v1/uploads", 409, "Problem"],
  ["POST /v1/grants", 201, "MadeGrant"],
  ["DELETE /v1/grants/{id}", 404, "Problem"],
  ["GET /healthz", 200, "Health"],
  ["GET /.well-known/oauth-protected-resource", 200, "ResourceMetadata"],
];

test("every example of a request is answered as the document says", async () => {
  const { edge, claims } = await edgeThen();
  const { paths } = edgeDocument();
  for (const [line, status, answer] of STORY) {
    const [method = "", path = ""] = line.split(" ");
    if (line === "GET /v1/images") await putImage(edge, { imageId: ID });
    const given = await call(edge, exampleLine(line), { claims, ...bodyOf(line) });
    const text = await given.text();
    assert.equal(given.status, status, `${line}: ${text}`);
    const documented = paths[path]?.[method.toLowerCase()]?.["responses"];
    assert.ok(documented !== null && typeof documented === "object");
    const [, described] = Object.entries(documented).find(([code]) => code === String(status)) ??
      [];
    assert.ok(described !== undefined, `${line} documents ${status}`);
    assert.match(JSON.stringify(described), new RegExp(`schemas/${answer}"`), line);
    COMPONENTS[answer].parse(JSON.parse(text));
  }
  const listed = new Set(STORY.map(([line]) => line));
  const guarded = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([, { security }]) => security !== undefined)
      .map(([method]) => `${method.toUpperCase()} ${path}`)
  );
  for (const line of guarded) assert.ok(listed.has(line), `${line} has its example`);
});

function exampleLine(line: string): string {
  return line.replace("{id}", ID) + (line === "POST /v1/images" ? `?imageId=${ID}` : "");
}

function bodyOf(line: string) {
  if (line === "POST /v1/uploads") return { json: EXAMPLES.UploadRequest };
  if (line === "POST /v1/uploads/batch") return { json: EXAMPLES.UploadsRequest };
  if (line === "POST /v1/grants") return { json: EXAMPLES.GrantRequest };
  if (line === "POST /v1/erasures") return { json: EXAMPLES.ErasuresRequest };
  if (line !== "POST /v1/images") return {};
  const { size } = EXAMPLES.UploadRequest;
  const body = new Uint8Array(size);
  body.set(PNG);
  return { body, headers: { "Content-Type": "image/png", "Content-Length": String(size) } };
}
