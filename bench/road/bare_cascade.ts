/**
 * The baseline of the road: the same files through bare sharp, one decode shrunk on load to the largest rendition, the
 * smaller ones from its raw pixels, as many at once as there are cores. A program of its own, so that its CPU is its own:
 * prints {images, seconds, cpuSeconds} for `bare_cascade.ts PASSES FILE…`.
 */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import process from "node:process";
import sharp from "sharp";

const SIDES = [1600, 800, 200] as const;
const QUALITY = 80;

sharp.concurrency(1);
sharp.cache(false);

async function cascade(bytes: Uint8Array): Promise<void> {
  const decoded = sharp(bytes).autoOrient().resize(SIDES[0], SIDES[0], {
    fit: "inside",
    withoutEnlargement: true,
  });
  const { data, info } = await decoded.toColourspace("srgb").removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  const raw = { width: info.width, height: info.height, channels: 3 } as const;
  for (const side of SIDES) {
    await sharp(data, { raw }).resize(side, side, { fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: QUALITY, optimiseCoding: false }).toBuffer();
  }
}

const [passes = "1", ...files] = process.argv.slice(2);
const pictures = await Promise.all(files.map((file) => readFile(file)));
await cascade(pictures[0] ?? new Uint8Array());
const queue = Array.from({ length: Number(passes) }, () => pictures).flat();
const images = queue.length;
const cpuBefore = process.cpuUsage();
const startedMs = performance.now();
await Promise.all(Array.from({ length: availableParallelism() }, async () => {
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) await cascade(next);
}));
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(JSON.stringify({ images, seconds, cpuSeconds: (user + system) / 1e6 }));
