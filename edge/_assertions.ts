import assert from "node:assert/strict";
import type * as z from "zod";

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

/** Reads the body of an answer of this status, checked strictly against its schema of the contract. */
export async function readAs<Schema extends z.ZodType>(
  schema: Schema,
  answer: Response,
  status = 200,
): Promise<z.infer<Schema>> {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  assert.equal(answer.headers.get("content-type"), "application/json");
  return schema.parse(JSON.parse(text));
}
