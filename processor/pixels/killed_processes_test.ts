import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import type { RenderRequest } from "@tintype/core/ports/pixel_engine";
import { scene } from "@tintype/core/testing/drawing";
import { makeSample, renderRequestOf } from "../testing/samples.ts";
import { denoCacheOf } from "./deno_cache.ts";
import { type PixelPool, startPixelPool } from "./pixel_pool.ts";

const skip = existsSync("/proc/self/stat") ? false : "processes are found in Linux's /proc";
/** From the moment a picture is sent until after its answer: every stage is hit. */
const KILLS = 10;

let pool: PixelPool;
let request: RenderRequest;
let wholeMs: number;

before(async () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  pool = await startPixelPool({ processes: 1, log, denoCache: denoCacheOf(Deno.env) });
  request = await renderRequestOf(
    await makeSample(scene(1_600, 1_200), { mediaType: "image/jpeg" }),
  );
  await pool.render(request);
  const startedMs = performance.now();
  await pool.render(request);
  wholeMs = performance.now() - startedMs;
});
after(() => pool.close());

/** Process ids of this process's own pixel processes. */
function pixelProcesses(): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((id) => {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const isPixels = readFileSync(`/proc/${id}/cmdline`, "utf8").includes("pixel_process.ts");
      return parent === Deno.pid && isPixels ? [Number(id)] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

test("a process killed at any stage costs a second try or a reason, never the image", {
  skip,
}, async () => {
  let ready = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const rendering = pool.render(request).then(
      ({ renditions }) => renditions.length,
      (error) => {
        assert.ok(error instanceof ImageRejected, `kill ${kill}: ${error}`);
        return 0;
      },
    );
    await new Promise((resolve) => setTimeout(resolve, (1.2 * wholeMs * kill) / KILLS));
    for (const pid of pixelProcesses()) Deno.kill(pid, "SIGKILL");
    ready += await rendering === 3 ? 1 : 0;
  }
  assert.ok(ready >= KILLS * 0.9, `${ready} of ${KILLS} were ready`);
  assert.equal((await pool.render(request)).renditions.length, 3);
});
