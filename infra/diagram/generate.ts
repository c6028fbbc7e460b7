/** Writes `docs/images/tintype.svg` and `.png` from `tintype.drawio`: `deno task diagram`. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import process from "node:process";
import sharp from "sharp";
import { parseDrawio } from "./drawio.ts";
import { renderSvg } from "./render_svg.ts";

const HELP = `Usage: npx deno task diagram

Draws docs/images/tintype.svg and .png from infra/diagram/tintype.drawio. Exit code 0: drawn; 2: wrong usage.

  --help  prints this`;

/** The source and what is made of it. */
export const DIAGRAM_FILES = {
  source: fileURLToPath(new URL("tintype.drawio", import.meta.url)),
  svg: fileURLToPath(new URL("../../docs/images/tintype.svg", import.meta.url)),
  png: fileURLToPath(new URL("../../docs/images/tintype.png", import.meta.url)),
} as const;

/** The SVG that the source makes. */
export function svgOfSource(): string {
  return renderSvg(parseDrawio(readFileSync(DIAGRAM_FILES.source, "utf8")));
}

/** What a PNG says of the SVG that it was made from, in its EXIF block: fonts differ from machine to machine, this does not. */
export function markOf(svg: string): string {
  return `svg sha256 ${createHash("sha256").update(svg).digest("hex")}`;
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "--help") return say(HELP);
  if (args.length > 0) {
    console.error(`Cannot take ${args.join(" ")} (--help lists the options)`);
    return 2;
  }
  const svg = svgOfSource();
  writeFileSync(DIAGRAM_FILES.svg, svg);
  await sharp(new TextEncoder().encode(svg), { density: 96 })
    .png({ palette: true, compressionLevel: 9, effort: 10 })
    .withExif({ IFD0: { ImageDescription: markOf(svg) } })
    .toFile(DIAGRAM_FILES.png);
  return say(`${DIAGRAM_FILES.svg}\n${DIAGRAM_FILES.png}`);
}

function say(text: string): number {
  console.log(text);
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main(process.argv.slice(2));
}
