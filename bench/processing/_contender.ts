/**
 * One way of making renditions as a program of its own, so that its CPU time and memory are its own: prints {@link Measured}
 * for `_contender.ts WAY IMAGES FILE…`. A few images warm it up.
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { sniffMediaType } from "@tintype/core/model/media_type";
import { familyOf, threadUse } from "../process_use.ts";
import type { Measured, WayName } from "./measured.ts";
import { WAYS } from "./_ways.ts";

/** Enough that what is compiled as it runs is compiled, in each process; fewer where few images are measured. */
const WARM_UPS = 24;

const [name = "cascade", images = "1", ...paths] = process.argv.slice(2);
const way = await WAYS[name as WayName](); // the suite's own argument
const files = await Promise.all(paths.map(async (path) => {
  const bytes = new Uint8Array(await readFile(path));
  return { bytes, contentType: sniffMediaType(bytes) ?? "image/jpeg" };
}));
const prepare = async (count: number) => {
  const jobs: (() => Promise<void>)[] = [];
  for (let index = 0; index < count; index += 1) {
    const file = files[index % files.length];
    if (file !== undefined) jobs.push(await way.prepare(file.bytes, file.contentType));
  }
  return jobs;
};
const runAll = async (queue: (() => Promise<void>)[]) => {
  await Promise.all(Array.from({ length: way.atOnce }, async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await next();
  }));
};
await runAll(await prepare(Math.min(WARM_UPS, Number(images))));
const queue = await prepare(Number(images));
const threadsBefore = threadUse(process.pid);
const cpuSecondsOf = (family: ReturnType<typeof familyOf>) =>
  family.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
const cpuBefore = cpuSecondsOf(familyOf(process.pid));
const startedMs = performance.now();
await runAll(queue);
const seconds = (performance.now() - startedMs) / 1000;
const family = familyOf(process.pid);
const threads = Object.entries(threadUse(process.pid))
  .map(([name, cpuMs]) => [name, cpuMs - (threadsBefore[name] ?? 0)] as const);
const measured: Measured = {
  images: Number(images),
  seconds,
  cpuSeconds: cpuSecondsOf(family) - cpuBefore,
  peakMib: family.reduce((sum, { peakRssMib }) => sum + peakRssMib, 0),
  threads: Object.fromEntries(threads),
};
process.stdout.write(JSON.stringify(measured));
await way.close();
process.exit(0);
