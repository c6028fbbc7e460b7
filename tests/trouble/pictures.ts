import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Random } from "@tintype/core/seeded_random";
import { noisePng, sha256 } from "../_pictures.ts";

/** A picture to send; no two have the same bytes. */
export interface Picture {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** Pictures in a temporary folder. */
export interface DrawnPictures {
  readonly pictures: readonly Picture[];
  remove(): Promise<void>;
}

const LEAST_PIXELS = 120;
const MORE_PIXELS = 360;

/** Draws small pictures of noise, of sizes that the numbers decide. */
export async function drawPictures(count: number, random: Random): Promise<DrawnPictures> {
  const folder = await mkdtemp(join(tmpdir(), "tintype-pictures-"));
  const side = () => LEAST_PIXELS + Math.floor(random() * MORE_PIXELS);
  const pictures: Picture[] = [];
  for (let index = 0; index < count; index++) {
    const bytes = noisePng(side(), side());
    const path = join(folder, `${String(index).padStart(3, "0")}.png`);
    await writeFile(path, bytes);
    pictures.push({ path, bytes, sha256: sha256(bytes) });
  }
  return { pictures, remove: () => rm(folder, { recursive: true, force: true }) };
}
