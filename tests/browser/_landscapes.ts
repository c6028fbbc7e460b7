/** Photographs that nobody took: the browser paints hills under a sky, with the grain that makes files as large as real ones. */
import type { Browser } from "playwright-core";

/** A file as a file picker gives it to a page. */
export interface PickedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** Paints `count` JPEGs of 1,600 by 1,200 pixels, each its own, of at most so many bytes. */
export async function paintLandscapes(
  browser: Browser,
  count: number,
  { mostBytes = Infinity }: { readonly mostBytes?: number } = {},
): Promise<PickedFile[]> {
  const page = await browser.newPage();
  try {
    const files: PickedFile[] = [];
    for (let seed = 1; seed <= count; seed++) {
      const url = await page.evaluate(paint, [seed, Math.min(mostBytes, 1e9)] as const);
      files.push({
        name: `landscape-${String(seed).padStart(2, "0")}.jpg`,
        mimeType: "image/jpeg",
        buffer: Buffer.from(url.slice(url.indexOf(",") + 1), "base64"),
      });
    }
    return files;
  } finally {
    await page.close();
  }
}

/** Runs in the browser, so it uses nothing from outside of itself. */
function paint([seed, mostBytes]: readonly [number, number]): string {
  let state = seed * 2_654_435_761;
  const random = () => {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ state >>> 16) >>> 0) / 2 ** 32;
  };
  const canvas = document.createElement("canvas");
  canvas.width = 1_600;
  canvas.height = 1_200;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("Cannot paint");
  const hue = [28, 205, 340, 45, 190, 265, 15, 220, 150, 320][seed % 10] ?? 28;
  const sky = context.createLinearGradient(0, 0, 0, 820);
  sky.addColorStop(0, `hsl(${hue} 45% ${26 + seed % 4 * 9}%)`);
  sky.addColorStop(0.7, `hsl(${hue + 15} 65% 74%)`);
  sky.addColorStop(1, `hsl(${hue + 35} 75% 86%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, 1_600, 1_200);
  const sun = { x: 250 + random() * 1_100, y: 180 + random() * 330, radius: 50 + random() * 60 };
  const glow = context.createRadialGradient(sun.x, sun.y, 0, sun.x, sun.y, sun.radius * 5);
  glow.addColorStop(0, "hsl(45 95% 92% / 0.9)");
  glow.addColorStop(0.2, "hsl(45 95% 88% / 0.5)");
  glow.addColorStop(1, "hsl(45 95% 88% / 0)");
  context.fillStyle = glow;
  context.fillRect(0, 0, 1_600, 1_200);
  for (let ridge = 0; ridge < 6; ridge++) {
    const base = 560 + ridge * 105;
    const [steep, phase] = [150 - ridge * 18, random() * 7];
    const light = 62 - ridge * 10;
    context.fillStyle = `hsl(${hue + ridge * 9} ${22 + ridge * 5}% ${light}%)`;
    context.beginPath();
    context.moveTo(0, 1_200);
    for (let x = 0; x <= 1_600; x += 8) {
      const wave = Math.sin(x / (260 - ridge * 22) + phase) + 0.45 * Math.sin(x / 71 + phase * 3) +
        0.12 * Math.sin(x / 17 + ridge);
      context.lineTo(x, base - steep * wave * 0.6);
    }
    context.lineTo(1_600, 1_200);
    context.fill();
  }
  const image = context.getImageData(0, 0, 1_600, 1_200);
  for (let at = 0; at < image.data.length; at += 4) {
    const grain = (random() - 0.5) * 22;
    for (let channel = 0; channel < 3; channel++) {
      image.data[at + channel] = (image.data[at + channel] ?? 0) + grain;
    }
  }
  context.putImageData(image, 0, 0);
  let quality = 0.99;
  let url = canvas.toDataURL("image/jpeg", quality);
  while (url.length * 0.75 > mostBytes) url = canvas.toDataURL("image/jpeg", quality *= 0.9);
  return url;
}
