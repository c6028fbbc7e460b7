/** What a rendition's line costs: bytes and CPU of the default table with it, against the default table. */
import process from "node:process";
import { DEFAULT_PLAN } from "@tintype/core/model/tenant_plan";
import {
  DEFAULT_RENDITIONS,
  type RenditionSpec,
  renditionTableSchema,
} from "@tintype/core/model/rendition";
import type {
  EncodedRendition,
  PixelEngine,
  RenderRequest,
} from "@tintype/core/ports/pixel_engine";
import { guard } from "@tintype/core/processing/guard";
import { jpegGainMap } from "@tintype/core/processing/probe/jpeg_gain_map";
import { probeBytes } from "@tintype/core/processing/probe/probe";
import { familyOf } from "../process_use.ts";
import { table } from "../suite.ts";

/** A picture that the guard lets through. */
type Picture = Omit<RenderRequest, "renditions">;

/** What a line says beyond its box, and the pictures for which that makes a difference. */
interface Variant {
  readonly line: Partial<RenditionSpec>;
  readonly concerns?: (picture: Picture) => boolean;
}

const VARIANTS: readonly Variant[] = [
  { line: { format: "webp" } },
  { line: { format: "avif" } },
  { line: { format: "negotiated" } },
  { line: { animated: true }, concerns: ({ header }) => header.frames > 1 },
  { line: { hdr: "keep" }, concerns: ({ bytes }) => jpegGainMap(bytes) !== undefined },
];
/** Pictures that are tried: encoding AVIF takes a second of the processor each. */
const MOST = 40;

/** Bytes and CPU milliseconds of pictures' renditions. */
interface Spent {
  readonly bytes: number;
  readonly cpuMs: number;
  readonly made: readonly EncodedRendition[];
}

/** Renders pictures one after another with each line; the engine must be a pool of one process that is idle. */
export async function linesTable(engine: PixelEngine, paths: readonly string[]): Promise<string> {
  const totals = VARIANTS.map(({ line }) => ({
    line,
    images: 0,
    kept: 0,
    before: NOTHING,
    after: NOTHING,
  }));
  for (const path of paths.slice(0, MOST)) {
    const picture = await pictureOf(path);
    if (picture === undefined) continue;
    const before = await spentOn(engine, { ...picture, renditions: DEFAULT_RENDITIONS });
    for (const [at, { line, concerns }] of VARIANTS.entries()) {
      const total = totals[at];
      if (total === undefined || before === undefined || concerns?.(picture) === false) {
        continue;
      }
      const lines = DEFAULT_RENDITIONS.map((spec) => ({ ...spec, ...line }));
      const renditions = renditionTableSchema.parse(lines);
      const after = await spentOn(engine, { ...picture, renditions });
      if (after === undefined) continue;
      total.images += 1;
      if (after.made.every(({ dropped }) => dropped === undefined)) total.kept += 1;
      total.before = sum(total.before, before);
      total.after = sum(total.after, after);
    }
  }
  const rows = totals.map(({ line, images, kept, before, after }) => [
    JSON.stringify(line).replaceAll('"', "").slice(1, -1).replace(":", ": "),
    images,
    kept,
    ...(images === 0 ? ["", "", ""] : [
      (after.bytes / before.bytes).toFixed(2),
      (after.cpuMs / before.cpuMs).toFixed(2),
      ((after.cpuMs - before.cpuMs) / images).toFixed(0),
    ]),
  ]);
  return table(["line", "images", "kept by", "bytes", "CPU", "CPU ms more an image"], rows);
}

const NOTHING: Spent = { bytes: 0, cpuMs: 0, made: [] };

function sum(one: Spent, other: Spent): Spent {
  return { bytes: one.bytes + other.bytes, cpuMs: one.cpuMs + other.cpuMs, made: [] };
}

async function pictureOf(path: string): Promise<Picture | undefined> {
  try {
    const bytes = await Deno.readFile(path);
    const probed = await probeBytes(bytes);
    guard(probed, DEFAULT_PLAN);
    return { bytes, ...probed };
  } catch {
    return undefined;
  }
}

/** The lesser of two tries: Linux counts a process's time in steps of 10 ms, and a first try finds everything cold. */
async function spentOn(engine: PixelEngine, request: RenderRequest): Promise<Spent | undefined> {
  const [one, other] = [await tryOnce(engine, request), await tryOnce(engine, request)];
  return one !== undefined && other !== undefined && one.cpuMs < other.cpuMs ? one : other;
}

async function tryOnce(engine: PixelEngine, request: RenderRequest): Promise<Spent | undefined> {
  const startMs = childrenMs();
  try {
    const { renditions } = await engine.render(request);
    const bytes = renditions.reduce((total, { bytes }) => total + bytes.length, 0);
    return { bytes, cpuMs: childrenMs() - startMs, made: renditions };
  } catch {
    return undefined;
  }
}

function childrenMs(): number {
  return 1_000 * familyOf(process.pid).slice(1)
    .reduce((total, { cpuSeconds }) => total + cpuSeconds, 0);
}
