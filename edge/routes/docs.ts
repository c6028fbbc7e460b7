import { Hono } from "hono";
import { html } from "hono/html";
import type { AppEnv } from "../app_env.ts";
import { answerPage, type Html } from "./_page.ts";
import { makeOpenapiDocument } from "./openapi_document.ts";
import { EXAMPLES } from "./openapi_examples.ts";
import { PATHS } from "./openapi_operations.ts";

type Document = ReturnType<typeof makeOpenapiDocument>;
type Part = { readonly [name: string]: unknown };

let document: Document | undefined;

/** The viewer's own script and style, and images that its style brings along; it asks nobody but this worker. */
const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** `GET /openapi.json`, the same document in Swagger UI at `GET /docs`, and without any script at `GET /docs/plain`. */
export const docsRoutes = new Hono<AppEnv>()
  .get("/openapi.json", (c) => c.json(documentOf()))
  .get("/docs", async (c) => {
    const { body } = await c.get("services").pageFiles.read("/docs");
    return new Response(body, {
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": VIEWER_POLICY,
      },
    });
  })
  .get("/docs/plain", (c) => {
    const { origin } = new URL(c.req.url);
    const { paths, components } = documentOf();
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) =>
        operationHtml({ name: `${method.toUpperCase()} ${path}`, operation, origin })
      )
    );
    return answerPage(
      c,
      "Tintype's HTTP interface",
      html`<p>Made from <a href="/openapi.json">the OpenAPI document</a>, which any viewer takes.
Calls under <code>/v1</code> need <code>Authorization: Bearer</code> with an access token; every error is a
<a href="#Problem">problem</a>.</p>
${operations}<h2>Schemas</h2>${Object.entries(components.schemas).map(schemaHtml)}`,
    );
  });

/** Made with the first request for it: most isolates are never asked. */
function documentOf(): Document {
  document ??= makeOpenapiDocument();
  return document;
}

function operationHtml(
  { name, operation, origin }: { name: string; operation: Part; origin: string },
): Html {
  const { operationId, summary, description = "", parameters, responses } = operation;
  // Both as the document's maker writes them.
  const answers = Object.entries(responses as Record<string, Part>);
  return html`
    <h2 id="${operationId}">${name}</h2>
    <p>${summary}. ${description}</p>
    ${parametersHtml(parameters as readonly Part[])}
    <table>
      ${answers.map(([status, { description, content }]) =>
        html`
          <tr>
            <th>${status}</th>
            <td>${description}</td>
            <td>${schemaLink(content)}</td>
          </tr>
        `
      )}
    </table>
    <pre>${curlOf(name, origin)}</pre>
  `;
}

function parametersHtml(parameters: readonly Part[]): Html | "" {
  if (parameters.length === 0) return "";
  return html`
    <table>
      ${parameters.map(({ name, in: place, schema }) =>
        html`
          <tr>
            <th><code>${name}</code></th>
            <td>${place}</td>
            <td><code>${JSON.stringify(schema)}</code></td>
          </tr>
        `
      )}
    </table>
  `;
}

function schemaHtml([name, schema]: [string, Part]): Html {
  return html`
    <h3 id="${name}">${name}</h3>
    <pre>${JSON.stringify(schema, null, 2)}</pre>
  `;
}

function schemaLink(content: unknown): Html | "" {
  const component = /schemas\/(\w+)/.exec(JSON.stringify(content ?? {}))?.[1];
  if (component === undefined) return "";
  return html`
    <a href="#${component}">${component}</a>
  `;
}

function curlOf(name: string, origin: string): string {
  const [method = "GET", path = "/"] = name.split(" ");
  const operation = PATHS[path]?.[method.toLowerCase()];
  const at = path.replace("{id}", EXAMPLES.ImageSummary.imageId).replace("{code}", "not_found");
  const lines = [`curl -sS -X ${method} ${origin}${at}`];
  if (operation?.scopes !== undefined) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (operation?.body !== undefined && "application/json" in operation.body) {
    lines.push(
      '-H "Content-Type: application/json"',
      `-d '${JSON.stringify(EXAMPLES.UploadRequest)}'`,
    );
  } else if (operation?.body !== undefined) {
    lines.push('-H "Content-Type: image/jpeg"', "--data-binary @picture.jpg");
  }
  return lines.join(" \\\n  ");
}
