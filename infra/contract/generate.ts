/**
 * Writes the client's types from the document that the edge answers at `/openapi.json`. `deno task generate` runs this;
 * a test fails where the file differs from what the document says now.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { edgeDocument } from "@tintype/edge/openapi/generate";
import { type Schema, typesOf } from "./openapi_types.ts";

/** Where the types lie. */
export const CONTRACT_FILE = new URL("../../client/contract.ts", import.meta.url);

const HEAD =
  `/** The edge's HTTP contract, made from its /openapi.json by \`deno task generate\`. */
// deno-fmt-ignore-file

`;

/** The client's contract.ts as it must be. */
export function contractTypes(): string {
  const { schemas } = edgeDocument().components;
  return HEAD + typesOf(schemas as Readonly<Record<string, Schema>>); // zod writes JSON Schema
}

if (import.meta.main) {
  writeFileSync(CONTRACT_FILE, contractTypes());
  console.log(`Wrote ${fileURLToPath(CONTRACT_FILE)}`);
}
