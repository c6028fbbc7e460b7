import { Hono } from "hono";
import { html } from "hono/html";
import type { AppEnv } from "../app_env.ts";
import { answerPage } from "./_page.ts";
import { makeOpenapiDocument } from "./openapi_document.ts";

type Document = ReturnType<typeof makeOpenapiDocument>;

let document: Document | undefined;

/** `GET /openapi.json`, and the same document as a page at `GET /docs`. */
export const docsRoutes = new Hono<AppEnv>()
  .get("/openapi.json", (c) => c.json(documentOf()))
  .get("/docs", (c) => {
    const { paths, components } = documentOf();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) =>
        operationHtml(`${method.toUpperCase()} ${path}`, operation)
      )
    );
    const schemas = Object.entries(components.schemas).map(([name, schema]) =>
      html`
        <h2 id="${name}">${name}</h2>
        <pre>${JSON.stringify(schema, null, 2)}</pre>
      `
    );
    return answerPage(
      c,
      "Tintype's HTTP interface",
      html`<p>Made from <a href="/openapi.json">the OpenAPI document</a>.</p>${operations}${schemas}`,
    );
  });

/** Made with the first request for it: most isolates are never asked. */
function documentOf(): Document {
  document ??= makeOpenapiDocument();
  return document;
}

function operationHtml(name: string, operation: { readonly [part: string]: unknown }) {
  const { summary, description = "", operationId: _, ...rest } = operation;
  return html`
    <h2>${name}</h2>
    <p>${summary}. ${description}</p>
    <pre>${JSON.stringify(rest, null, 2)}</pre>
  `;
}
