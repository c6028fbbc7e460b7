/** A pool with the hostile pipeline, as a program for tests of its permissions: a picture on stdin, why it was rejected on stdout. */
import { ImageRejected } from "@tintype/core/model/reject_reason";
import { DEFAULT_RENDITIONS } from "@tintype/core/model/rendition";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { startPixelPool } from "../pixels/pixel_pool.ts";

const bytes = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
const pool = await startPixelPool({
  processes: 1,
  log: { info: () => {}, warn: () => {}, error: () => {} },
  pipeline: new URL("hostile_pipeline.ts", import.meta.url).href,
  maxMemoryBytes: 512 * 2 ** 20,
});
const request = { bytes, ...await probeBytes(bytes), renditions: DEFAULT_RENDITIONS };
const outcome: unknown = await pool.develop(request).catch((error) => error);
const { reason, detail } = outcome instanceof ImageRejected
  ? outcome
  : { reason: null, detail: String(outcome) };
console.log(JSON.stringify({ reason, detail }));
await pool.close();
