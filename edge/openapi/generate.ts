/** Writes edge/openapi.json, which the worker serves and the client's types follow. `deno task generate` runs this. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makeApp } from "../app.ts";
import { makeOpenapiDocument } from "./document.ts";

/** Where the document lies. */
export const OPENAPI_FILE = new URL("../openapi.json", import.meta.url);

/** The document of the edge's own routes. */
export function edgeDocument(): ReturnType<typeof makeOpenapiDocument> {
  const servicesOf = () => Promise.reject(new TypeError("Cannot serve: only routes are read here"));
  return makeOpenapiDocument(makeApp({ servicesOf, log: console }).routes);
}

/** The file as it must be. */
export function openapiText(): string {
  return `${JSON.stringify(edgeDocument(), null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(OPENAPI_FILE, openapiText());
  console.log(`Wrote ${fileURLToPath(OPENAPI_FILE)}`);
}
