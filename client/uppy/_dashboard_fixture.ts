/** A page with Uppy's Dashboard for the plugin's test in a browser; bundled there; `settings` say where to send. */
import { TintypeClient } from "../client.ts";
import { IndexedDbResumeStore } from "../indexed_db_store.ts";
import { Uppy } from "@uppy/core";
import Dashboard from "@uppy/dashboard";
import GoldenRetriever from "@uppy/golden-retriever";
import { type TintypeBody, TintypeUploader } from "./tintype_uploader.ts";

declare const settings: { readonly edge: string; readonly token: string };

const client = new TintypeClient({
  edge: settings.edge,
  token: () => settings.token,
  store: new IndexedDbResumeStore(),
  chunkBytes: 262_144,
  retry: { maxAttempts: 2, minDelayMs: 50, maxDelayMs: 100, timeoutMs: 60_000 },
});
const uppy = new Uppy<Record<string, never>, TintypeBody>()
  .use(Dashboard, { inline: true, target: "#uppy", showRemoveButtonAfterComplete: true })
  .use(GoldenRetriever)
  .use(TintypeUploader, { client, limit: 2 });
Object.assign(globalThis, { uppy });
