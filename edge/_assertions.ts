import assert from "node:assert/strict";
import type * as z from "zod";
import type { ImageId } from "@tintype/core/model/image_id";
import { call, type TestEdge } from "./_testing.ts";
import { erasureState } from "./schemas.ts";

/** A problem as it was answered. */
interface ReadProblem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** Checks that an answer is a problem of `status` in every part of its form, and gives it. */
export async function readProblem(answer: Response, status: number): Promise<ReadProblem> {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  const body = JSON.parse(text);
  assert.equal(body.type, `/problems/${body.code}`);
  assert.equal(body.status, status);
  assert.equal(body.requestId, answer.headers.get("x-request-id"));
  assert.ok(body.title.length > 0 && body.detail.length > 0);
  return body;
}

/** Reads an answer's body, checked strictly against its schema of the contract. */
export async function readAs<Schema extends z.ZodType>(
  schema: Schema,
  answer: Response,
): Promise<z.infer<Schema>> {
  assert.equal(answer.headers.get("content-type"), "application/json");
  return schema.parse(await answer.json());
}

/** An erasure as it is answered to ann. */
export async function readErasureOf(edge: TestEdge, imageId: ImageId) {
  const answer = await call(edge, `GET /v1/erasures/${imageId}`);
  assert.equal(answer.status, 200);
  return await readAs(erasureState, answer);
}
