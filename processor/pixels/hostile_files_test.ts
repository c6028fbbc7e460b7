import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { forEachBounded } from "@tintype/core/concurrency";
import { ImageRejected } from "@tintype/core/model/reject_reason";
import { DEFAULT_RENDITIONS } from "@tintype/core/model/rendition";
import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import { guard } from "@tintype/core/processing/guard";
import { sniffMediaType } from "@tintype/core/model/media_type";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import {
  cutsEvery,
  damagedFiles,
  type Ending,
  type HostileFile,
  hostileFiles,
  type Sample,
  wholeSamples,
} from "../testing/hostile/hostile_files.ts";
import { sharedImage, sharedImages, WITHOUT_SHARED_IMAGES } from "../testing/samples.ts";
import { denoCacheOf } from "./deno_cache.ts";
import { type PixelPool, startPixelPool } from "./pixel_pool.ts";

const PROCESSES = 2;
const KIB = 1_024;
/** `deno task soak --campaign hostile-images` sets it. */
const SOAK_MINUTES = Number(Deno.env.get("HOSTILE_MINUTES") ?? 0);

let deaths: unknown[] = [];
const log = {
  info: () => {},
  warn: (event: string, fields?: unknown) => {
    if (event === "pixel_process_died") deaths.push(fields);
  },
  error: (event: string, fields?: unknown) => void deaths.push({ event, fields }),
};

let pool: PixelPool;
let portable: PixelPool;
before(async () => {
  const options = { processes: PROCESSES, log, denoCache: denoCacheOf(Deno.env) };
  pool = await startPixelPool(options);
  portable = await startPixelPool({ ...options, codec: "imagescript" });
});
after(() => Promise.all([pool.close(), portable.close()]));

/** The flow of a raw object: probe, guard, pixels. */
async function endingOf({ bytes }: HostileFile, engine: PixelPool): Promise<Ending> {
  try {
    const whole = await probeBytes(bytes);
    guard(whole, DEFAULT_PLAN);
    await engine.render({ bytes, ...whole, renditions: DEFAULT_RENDITIONS });
    return "ready";
  } catch (error) {
    if (error instanceof ImageRejected) return error.reason;
    throw error;
  }
}

/** Runs all, as many at once as there are processes; answers what ended otherwise than it must. */
async function runAll(files: Iterable<HostileFile>, engine: PixelPool): Promise<string[]> {
  const faults: string[] = [];
  await forEachBounded(files, PROCESSES, async (file) => {
    const ending = await endingOf(file, engine).catch((error) => `thrown: ${error}`);
    const isRight = file.endings.some((expected) => expected === ending);
    if (!isRight) faults.push(`${file.name}: ${ending}`);
  });
  return faults;
}

/** Holds that all end as they must, that no process dies but of these causes, and that the next picture is unaffected. */
async function assertHarmless(
  files: Iterable<HostileFile>,
  { engine = pool, died = [] }: { engine?: PixelPool; died?: readonly unknown[] } = {},
): Promise<void> {
  deaths = [];
  assert.deepEqual(await runAll(files, engine), []);
  assert.deepEqual(deaths, died);
  const png = (await hostileFiles()).find(({ name }) => name === "png and a zip");
  assert.ok(png !== undefined);
  assert.equal(await endingOf(png, engine), "ready");
}

test("every hostile file ends rejected with its reason, or ready, and no process dies of one", async () => {
  const files = await hostileFiles();
  assert.ok(files.length > 150, String(files.length));
  await assertHarmless(files);
});

test("cut and flipped samples of every format do the same", async () => {
  await assertHarmless(await damagedFiles({ cuts: 64, flips: 32 }));
});

test("imagescript ends all of them too, and only its own memory bound ends a process", async () => {
  const files = [...await hostileFiles(), ...await damagedFiles({ cuts: 16, flips: 16 })];
  const refused: readonly Ending[] = ["unsupported_type"];
  const expected = files.map((file) => ({ ...file, endings: [...file.endings, ...refused] }));
  // It decodes 99 megapixels whole.
  const died = [{ cause: "memory", hasBegun: true, crashes: 0 }];
  await assertHarmless(expected, { engine: portable, died });
});

test("a cut and flipped HEIC does the same", { skip: WITHOUT_SHARED_IMAGES }, async () => {
  const bytes = sharedImage("photos/iphone_hevc.heic");
  const sample = { name: "heic", mediaType: "image/heic", bytes } as const;
  const files = await damagedFiles({ cuts: 64, flips: 6 }, [sample]);
  await assertHarmless(files.filter(({ mediaType }) => mediaType === "image/heic"));
});

if (SOAK_MINUTES > 0) {
  test("every sample that is flipped, and cut at each KiB, does the same", async () => {
    const endMs = Date.now() + SOAK_MINUTES * 60_000;
    const shared = ["formats", "kodak", "orientation", "photos"].flatMap(sharedImages)
      .flatMap((name): Sample[] => {
        const bytes = sharedImage(name);
        const mediaType = sniffMediaType(bytes.subarray(0, 64));
        return mediaType === null || name.includes("truncated") ? [] : [{ name, mediaType, bytes }];
      });
    await assertHarmless(await damagedFiles({ cuts: 0, flips: 16 }, shared));
    const samples = [...await wholeSamples(), ...shared];
    for (const sample of samples.sort((a, b) => a.bytes.length - b.bytes.length)) {
      if (Date.now() > endMs) return;
      console.log(sample.name);
      await assertHarmless(cutsEvery(sample, KIB));
    }
  });
}
