/**
 * Any folder of images through `processImage` and the pool of pixel processes: how each ends, what died, the slowest, the
 * peak, what other lines of a rendition table cost, and how far what is shown is from Chromium and Pillow. `deno task soak --images DIR` runs it.
 */
import { readdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import process from "node:process";
import sharp from "sharp";
import { forEachBounded } from "@tintype/core/concurrency";
import type { RawPixels } from "@tintype/core/ports/image_codec";
import { mediaTypeOfName } from "@tintype/core/model/media_type";
import { renditionName } from "@tintype/core/model/object_name";
import { processImage } from "@tintype/core/processing/process_image";
import { meanDeltaE } from "@tintype/core/testing/likeness";
import { sampleRef } from "@tintype/core/testing/sample_row";
import { TestWorld } from "@tintype/core/testing/test_world";
import { webHashing } from "@tintype/processor/adapters/web_hashing";
import { denoCacheOf } from "@tintype/processor/pixels/deno_cache";
import { startPixelPool } from "@tintype/processor/pixels/pixel_pool";
import { familyOf } from "../process_use.ts";
import { quantile, table } from "../suite.ts";
import { linesTable } from "./_lines.ts";
import { type Shown, shownByChromium, shownByPillow } from "./_others.ts";

/** How a file ended. */
interface End {
  readonly path: string;
  /** `ready`, or the reason why it was rejected. */
  readonly ending: string;
  readonly ms: number;
  readonly pixels: RawPixels | undefined;
}

const PROCESSES = 2;
const SAMPLE_MS = 100;
/** A lossless rendition alone, small enough that another resize shows no other detail. */
const SHOWN = { name: "shown", width: 160, height: 160, fit: "inside", format: "png" };
const WORST = 10;
/** A picture that is further off looks another. */
const FAR = 5;

const [folder = ".", python = "python3"] = process.argv.slice(2);
const deaths: string[] = [];
const log = {
  info() {},
  warn(event: string, fields: Readonly<Record<string, unknown>> = {}) {
    if (event === "pixel_process_died") deaths.push(String(fields["cause"]));
  },
  error(event: string) {
    deaths.push(event);
  },
};
let peakMib = 0;
const sample = () => {
  for (const { rssMib } of familyOf(process.pid).slice(1)) peakMib = Math.max(peakMib, rssMib);
};

const pool = await startPixelPool({ processes: PROCESSES, log, denoCache: denoCacheOf(Deno.env) });
const sampler = setInterval(sample, SAMPLE_MS);
const ends: End[] = [];
const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) =>
  join(parentPath, name)
);
await forEachBounded(paths.sort(), PROCESSES, async (path) => void ends.push(await endOf(path)));
clearInterval(sampler);
await pool.close();
report();
await lines();
await compare("Chromium", await shownByChromium(ready()));
await compare("Pillow", await shownByPillow(ready(), python));
process.exit(deaths.includes("crash") || ends.some(({ ending }) => ending === "failed") ? 1 : 0);

async function endOf(path: string): Promise<End> {
  const bytes = await Deno.readFile(path);
  const world = new TestWorld({ nowMs: Date.now(), plan: { renditions: [SHOWN] } });
  const contentType = mediaTypeOfName(path) ?? "application/octet-stream";
  const ref = sampleRef();
  const delivery = await world.upload(ref, { bytes, contentType });
  const startedMs = performance.now();
  const ports = { ...world.ports, pixels: pool, hashing: webHashing, clock: Date };
  const outcome = await processImage(ports, delivery).catch(() => null);
  const ms = performance.now() - startedMs;
  if (outcome?.outcome !== "done") return { path, ending: "failed", ms, pixels: undefined };
  const { status, reason, renditions: [rendition] } = outcome.manifest;
  if (rendition === undefined) return { path, ending: reason ?? status, ms, pixels: undefined };
  const png = await world.processed.read(renditionName(ref, SHOWN.name, SHOWN.format));
  const image = sharp(png ?? new Uint8Array()).flatten({ background: "white" }).toColourspace(
    "srgb",
  );
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const pixels = {
    data: new Uint8Array(data),
    width: info.width,
    height: info.height,
    channels: 3,
  } as const;
  return { path, ending: status, ms, pixels };
}

function ready() {
  return ends.flatMap(({ path, pixels }) =>
    pixels === undefined ? [] : [{ path, width: pixels.width, height: pixels.height, pixels }]
  );
}

function report(): void {
  const groups = Map.groupBy(ends, ({ ending }) => ending);
  const rows = [...groups].sort(([, a], [, b]) => b.length - a.length)
    .map(([ending, all]) => [ending, all.length, relative(folder, all[0]?.path ?? "")]);
  console.log(table(["ending", "images", "such as"], rows));
  const slowest = ends.toSorted((a, b) => b.ms - a.ms)[0];
  const killed = [...Map.groupBy(deaths, (cause) => cause)].map(([cause, all]) =>
    `${cause} ${all.length}`
  );
  console.log(`\ndeaths: ${killed.join(", ") || "none"}`);
  console.log(`slowest: ${slowest?.ms.toFixed(0) ?? 0} ms, ${basename(slowest?.path ?? "")}`);
  console.log(`peak of a pixel process: ${peakMib.toFixed(0)} MiB`);
}

/** In a process of its own, as another's work would count for the lines'. */
async function lines(): Promise<void> {
  const alone = await startPixelPool({ processes: 1, log, denoCache: denoCacheOf(Deno.env) });
  const readable = ready().map(({ path }) => path);
  console.log(`\nThe default table with other lines:\n${await linesTable(alone, readable)}`);
  await alone.close();
}

async function compare(name: string, shown: Shown | null): Promise<void> {
  if (shown === null) return console.log(`\n${name}: skipped, it is not on this machine`);
  const differences = ready().flatMap(({ path, pixels }, index) => {
    const theirs = shown[index];
    return theirs == null ? [] : [{ path, deltaE: meanDeltaE(pixels, theirs) }];
  }).sort((a, b) => b.deltaE - a.deltaE);
  if (differences.length === 0) return console.log(`\n${name}: it shows none of them`);
  const all = differences.map(({ deltaE }) => deltaE);
  const [half, most] = [quantile(all, 0.5), quantile(all, 0.95)].map((value) => value.toFixed(2));
  console.log(
    `\n${name} shows ${all.length}: mean ΔE of the median ${half}, of 95 % at most ${most}`,
  );
  const far = differences.filter(({ deltaE }) => deltaE > FAR).slice(0, WORST);
  for (const { path, deltaE } of far) {
    console.log(`  ${deltaE.toFixed(1)}  ${relative(folder, path)}`);
  }
}
