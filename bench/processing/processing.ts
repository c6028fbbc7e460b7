/**
 * The processing engine beside bare sharp: the same photographs, two images at once, each way in a process of its own and
 * all in turns, so that what else the machine does falls on each; of several rounds the one with the least CPU counts.
 */
import { existsSync } from "node:fs";
import { mkdtempDisposable, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { uprightSize } from "@tintype/core/processing/plan_renditions";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { startEmulator } from "@tintype/core/testing/start_emulator";
import { type Aim, atLeast, atMost, type Suite, type SuiteContext, table } from "../suite.ts";
import {
  best,
  cpuMs,
  mainMs,
  measure,
  type Measured,
  rate,
  WAY_NAMES,
  type WayName,
} from "./measured.ts";

const SHARED = "../shared/images/photos";
const ROUNDS = 3;
const IMAGES = 48;
const SLOW_IMAGES = 6;
const HEIC_IMAGES = 16;
const MEGAPIXELS = [1, 3, 12, 24, 50, 100] as const;
const CPU_OF_BARE = 1.05;
const RATE_OF_BARE = 0.97;
const PEAK_MIB = 768;
const MAIN_MS = 18;
const HEIC_OF_JPEG = 2.5;
/** Of both pixel processes and their parent. */
const HEIC_PEAK_MIB = 600;
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
    await using emulators = new AsyncDisposableStack();
    const start = async (part: "storage" | "pubsub") => {
      const emulator = await startEmulator(part);
      emulators.defer(async () => void await emulator.stop());
      return emulator.url;
    };
    const env = { BENCH_STORAGE: await start("storage"), BENCH_PUBSUB: await start("pubsub") };
    const ways = await waysInTurns(context, paths(".jpg"), env);
    const aims = report(context, ways, paths(".jpg").length);
    const photograph = paths(".jpg")[0] ?? "";
    aims.push(...await reportHeic(context, { heics: paths(".heic"), photograph }));
    await reportSizes(context, photograph);
    return aims;
  },
};

type Ways = Readonly<Record<WayName, Measured>>;

async function waysInTurns(
  { root }: SuiteContext,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ways> {
  const runs: [WayName, Measured][] = [];
  const run = async (way: WayName, images: number) => {
    runs.push([way, await measure({ root, way, images, files, env })]);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ["cascade", "ours", "stored", "render", "naive"] as const) {
      await run(way, IMAGES);
    }
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
  stored: "processImage over HTTP",
  imagescript: "processImage with imagescript",
};

function report({ print }: SuiteContext, ways: Ways, photographs: number): Aim[] {
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
    WAY_NAMES.map((way) => row(LABELS[way], ways[way])),
  ));
  print("\nprocessImage over HTTP by thread, CPU ms an image (parent: all but the pixels):");
  const byCost = Object.entries(ways.stored.threads).sort(([, a], [, b]) => b - a);
  for (const [name, threadMs] of byCost) {
    const each = threadMs / ways.stored.images;
    if (each >= MIN_THREAD_MS) print(`  ${each.toFixed(1).padStart(6)}  ${name}`);
  }
  return [
    atMost(CPU_OF_BARE, "cpu_of_bare", cpuMs(ways.ours) / cpuMs(bare)),
    atLeast(RATE_OF_BARE, "images_per_s_of_bare", rate(ways.ours) / rate(bare)),
    atMost(PEAK_MIB, "peak_mib", ways.ours.peakMib),
    atMost(MAIN_MS, "main_ms", mainMs(ways.stored)),
  ];
}

/** HEIC as phones make it, beside JPEGs of its size: without a profile, and in Display P3 as phones make them. */
async function reportHeic(
  { root, print }: SuiteContext,
  { heics, photograph }: { readonly heics: readonly string[]; readonly photograph: string },
): Promise<Aim[]> {
  await using scratch = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
  const aims: Aim[] = [];
  for (const path of heics) {
    const { header } = await probeBytes(new Uint8Array(await readFile(path)));
    const { width, height } = uprightSize(header);
    const image = sharp(photograph).resize(width, height, { fit: "fill" }).jpeg({ quality: 90 });
    const [plain, wide] = [join(scratch.path, "plain.jpg"), join(scratch.path, "p3.jpg")];
    await image.clone().toFile(plain);
    await image.clone().withIccProfile("p3").toFile(wide);
    const runs: [string, Measured][] = [];
    for (const [name, file] of [["HEIC", path], ["JPEG", plain], ["JPEG, P3", wide]] as const) {
      const run = { root, way: "ours", images: HEIC_IMAGES, files: [file] } as const;
      runs.push([name, best([await measure(run), await measure(run)])]);
    }
    const [heic, jpeg] = runs.map(([, run]) => cpuMs(run));
    print("");
    print(table(
      [`${width} x ${height}`, "CPU ms", "peak MiB"],
      runs.map(([name, run]) => [name, cpuMs(run).toFixed(0), run.peakMib.toFixed(0)]),
    ));
    aims.push(atMost(HEIC_OF_JPEG, "heic_of_jpeg", (heic ?? 0) / (jpeg ?? 0)));
    aims.push(atMost(HEIC_PEAK_MIB, "heic_peak_mib", runs[0]?.[1].peakMib ?? 0));
  }
  return aims;
}

/** How a photograph is written in each format, and how large. */
const WRITERS = {
  JPEG: [".jpg", (image: Sharp) => image.jpeg({ quality: 90 })],
  AVIF: [".avif", (image: Sharp) => image.avif({ quality: 50, effort: 0 })],
} as const;

/** What an image costs by its format and size: one photograph, scaled. */
async function reportSizes({ root, print }: SuiteContext, photograph: string): Promise<void> {
  await using scratch = await mkdtempDisposable(join(tmpdir(), "tintype-bench-"));
  const rows: string[][] = [];
  for (const [format, [ending, write]] of Object.entries(WRITERS)) {
    for (const megapixels of MEGAPIXELS) {
      const width = Math.round(Math.sqrt(megapixels * 1e6 * 4 / 3));
      const height = Math.floor((width * 3) / 4);
      const path = join(scratch.path, `${megapixels}${ending}`);
      await write(sharp(photograph).resize(width, height, { fit: "fill" })).toFile(path);
      const run = { root, way: "ours", images: megapixels > 24 ? 4 : 8, files: [path] } as const;
      const measured = await measure(run);
      rows.push([
        format,
        String(megapixels),
        cpuMs(measured).toFixed(0),
        measured.peakMib.toFixed(0),
      ]);
    }
  }
  print("");
  print(table(["format", "megapixels", "CPU ms", "peak MiB"], rows));
}
