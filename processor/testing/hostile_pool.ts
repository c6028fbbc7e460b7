/**
 * A pool with a hostile pipeline, as a program for tests of its permissions and user: a picture on stdin, the outcome on
 * stdout. Argument: the pipeline's file in this folder, `hostile_pipeline.ts` where it is left out.
 */
import { ImageRejected } from "@tintype/core/model/reject_reason";
import { DEFAULT_RENDITIONS } from "@tintype/core/model/rendition";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { denoCacheOf } from "../pixels/deno_cache.ts";
import { startPixelPool } from "../pixels/pixel_pool.ts";

const bytes = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
const pool = await startPixelPool({
  processes: 1,
  log: { info: () => {}, warn: () => {}, error: () => {} },
  mustBeHeld: true,
  pipeline: new URL(Deno.args[0] ?? "hostile_pipeline.ts", import.meta.url).href,
  maxMemoryBytes: 512 * 2 ** 20,
  denoCache: denoCacheOf(Deno.env),
});
const request = { bytes, ...await probeBytes(bytes), renditions: DEFAULT_RENDITIONS };
try {
  const { renditions } = await pool.render(request);
  const { pipeline } = pool;
  console.log(JSON.stringify({ renditions: renditions.map(({ name }) => name), pipeline }));
} catch (error) {
  if (!(error instanceof ImageRejected)) throw error;
  console.log(JSON.stringify({ reason: error.reason, detail: error.detail }));
} finally {
  await pool.close();
}
