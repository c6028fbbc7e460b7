/**
 * The processing engine beside bare sharp: the same photographs, two images at once, each way in a process of its own and
 * all in turns, so that what else the machine does falls on each; of several rounds the one with the least CPU counts.
 */
import { existsSync } from "node:fs";
import { mkdtempDisposable, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { type Aim, atLeast, atMost, type Suite, type SuiteContext, table } from "../suite.ts";
import { best, cpuMs, measure, type Measured, rate, WAY_NAMES, type WayName } from "./measured.ts";

const SHARED = "../shared/images/photos";
const ROUNDS = 3;
const IMAGES = 48;
const SLOW_IMAGES = 6;
const MEGAPIXELS = [1, 3, 12, 24, 50, 100] as const;
const CPU_OF_BARE = 1.1;
const RATE_OF_BARE = 0.95;
const PEAK_MIB = 768;
/** What a thread takes at least to be named. */
const MIN_THREAD_MS = 0.5;

/** How fast images are processed, and what it costs. */
export const processingSuite: Suite = {
  name: "processing",
  about: "CPU, images/s and memory of the engine, beside the bare sharp cascade",
  async run(context) {
    const folder = join(context.root, SHARED);
    if (!existsSync(folder)) {
      throw new Error(`Cannot measure processing as there are no photographs in ${SHARED}`);
    }
    const names = (await readdir(folder)).sort();
    const paths = (ending: string) =>
      names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
    const ways = await waysInTurns(context, paths(".jpg"));
    const { root } = context;
    const files = paths(".heic");
    const heic = await measure({ root, way: "ours", images: SLOW_IMAGES, files });
    const aims = report(context, { ways, heic, photographs: paths(".jpg").length });
    await reportMegapixels(context, paths(".jpg")[0] ?? "");
    return aims;
  },
};

type Ways = Readonly<Record<WayName, Measured>>;

async function waysInTurns({ root }: SuiteContext, files: readonly string[]): Promise<Ways> {
  const runs: [WayName, Measured][] = [];
  const run = async (way: WayName, images: number) => {
    runs.push([way, await measure({ root, way, images, files })]);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ["cascade", "ours", "render", "naive"] as const) await run(way, IMAGES);
  }
  await run("imagescript", SLOW_IMAGES);
  const bestOf = (way: WayName) => best(runs.filter(([name]) => name === way).map(([, r]) => r));
  return Object.fromEntries(WAY_NAMES.map((way) => [way, bestOf(way)])) as Ways; // one for each name
}

const LABELS: Readonly<Record<WayName, string>> = {
  cascade: "bare sharp cascade",
  naive: "sharp, a pipeline a rendition",
  render: "our renditions and insights, in one process",
  ours: "processImage, pixels in processes",
  imagescript: "processImage with imagescript",
};

function report(
  { print }: SuiteContext,
  { ways, heic, photographs }: {
    readonly ways: Ways;
    readonly heic: Measured;
    readonly photographs: number;
  },
): Aim[] {
  const bare = ways.cascade;
  const row = (label: string, run: Measured) => [
    label,
    cpuMs(run).toFixed(0),
    (cpuMs(run) / cpuMs(bare)).toFixed(2),
    rate(run).toFixed(2),
    (rate(run) / rate(bare)).toFixed(2),
    run.peakMib.toFixed(0),
  ];
  print(`${photographs} photographs of 8 to 12 megapixels, ${IMAGES} images a round\n`);
  print(table(
    ["", "CPU ms", "of bare", "images/s", "of bare", "peak MiB"],
    [
      ...WAY_NAMES.map((way) => row(LABELS[way], ways[way])),
      row("processImage of HEIC", heic),
    ],
  ));
  print("\nprocessImage by thread, CPU ms an image:");
  const byCost = Object.entries(ways.ours.threads).sort(([, a], [, b]) => b - a);
  for (const [name, threadMs] of byCost) {
    const each = threadMs / ways.ours.images;
    if (each >= MIN_THREAD_MS) print(`  ${each.toFixed(1).padStart(6)}  ${name}`);
  }
  return [
    atMost(CPU_OF_BARE, "cpu_of_bare", cpuMs(ways.ours) / cpuMs(bare)),
    atLeast(RATE_OF_BARE, "images_per_s_of_bare", rate(ways.ours) / rate(bare)),
    atMost(PEAK_MIB, "peak_mib", ways.ours.peakMib),
  ];
}

/** What an image costs by its size: one photograph, scaled. */
async function reportMegapixels(context: SuiteContext, photograph: string): Promise<void> {
  await using scratch = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
  const rows: string[][] = [];
  for (const megapixels of MEGAPIXELS) {
    const width = Math.round(Math.sqrt(megapixels * 1e6 * 4 / 3));
    const height = Math.round((width * 3) / 4);
    const path = join(scratch.path, `${megapixels}.jpg`);
    await sharp(photograph).resize(width, height, { fit: "fill" }).jpeg({ quality: 90 })
      .toFile(path);
    const images = megapixels > 24 ? 4 : 8;
    const run = await measure({ root: context.root, way: "ours", images, files: [path] });
    rows.push([String(megapixels), cpuMs(run).toFixed(0), run.peakMib.toFixed(0)]);
  }
  context.print("");
  context.print(table(["megapixels", "CPU ms", "peak MiB"], rows));
}
