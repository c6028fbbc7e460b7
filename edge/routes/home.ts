import { Hono } from "hono";
import { html } from "hono/html";
import type { AppEnv } from "../app_env.ts";
import { answerPage } from "./_page.ts";

const PARTS = [
  ["edge", "this page: token check, limits, uploads, reading, erasure (Cloudflare Workers)"],
  ["storage", "the images' bytes, sent by the client itself (Cloud Storage)"],
  ["processor", "renditions, insights and rows, on each finished upload (Cloud Run)"],
  ["bridge", "the second door: images from a Kafka topic (Compute Engine)"],
  ["warehouse", "a row per image, for analysts (BigQuery)"],
] as const;

/** `GET /`: what runs where, and a `curl` that uploads. */
export const homeRoutes = new Hono<AppEnv>().get("/", (c) => {
  const { origin } = new URL(c.req.url);
  const rows = PARTS.map(([name, role]) =>
    html`
      <tr>
        <th>${name}</th>
        <td>${role}</td>
      </tr>
    `
  );
  return answerPage(
    c,
    "Tintype",
    html`<p>Takes images in, processes them, makes them analysable, and makes them disappear after seven days.</p>
<table>${rows}</table>
<h2>Send an image</h2>
<pre>curl -sS ${origin}/v1/images \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: image/jpeg" \\
  --data-binary @picture.jpg</pre>
<p>Larger ones go by <code>POST /v1/uploads</code>. Everything is in <a href="/docs">the documentation</a>
(<a href="/openapi.json">OpenAPI</a>).</p>`,
  );
});
