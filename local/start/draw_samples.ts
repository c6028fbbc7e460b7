/**
 * The pictures that the project draws itself: several formats, the eight EXIF orientations of one scene, and three that
 * must be refused: one with too many pixels, one cut short, one that is no image.
 */
import { Buffer } from "node:buffer";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";

const WIDTH = 1800;
const HEIGHT = 1200;

/** Draws the samples into a folder. */
export async function drawSamples(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const save = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);
  const scene = await sharp(sceneSvg()).removeAlpha().png().toBuffer();
  const formats: Readonly<Record<string, (image: Sharp) => Sharp>> = {
    "scene.jpg": (image) => image.jpeg({ quality: 90 }),
    "scene.png": (image) => image.png({ compressionLevel: 3 }),
    "scene.webp": (image) => image.webp({ quality: 80, effort: 1 }),
    "scene.avif": (image) => image.resize(600).avif({ quality: 50, effort: 0 }),
    "scene.gif": (image) => image.resize(600).gif({ effort: 1 }),
    "scene.tiff": (image) => image.resize(900).tiff({ compression: "lzw" }),
  };
  for (const [name, encode] of Object.entries(formats)) {
    await save(name, await encode(sharp(scene)).toBuffer());
  }
  await save("see_through.png", await sharp(badgeSvg()).png().toBuffer());
  for (let orientation = 1; orientation <= 8; orientation++) {
    await save(...await turned(scene, orientation));
  }
  const photograph = await sharp(scene).jpeg({ quality: 90 }).toBuffer();
  await save("cut_short.jpg", photograph.subarray(0, Math.floor(photograph.length / 2)));
  await save(
    "not_an_image.jpg",
    new TextEncoder().encode("This is a letter, whatever its name says.\n".repeat(40)),
  );
  await save("too_many_pixels.png", tooManyPixels());
}

/** The scene as a camera would store it that was held in this orientation: upright only when the tag is heeded. */
async function turned(scene: Uint8Array, orientation: number): Promise<[string, Uint8Array]> {
  const degrees = [0, 0, 180, 180, 270, 270, 90, 90][orientation - 1] ?? 0;
  const isMirrored = [2, 4, 5, 7].includes(orientation);
  // Undo in the opposite order of viewing: a viewer mirrors, then turns.
  const rotated = await sharp(scene).resize(900).rotate(degrees).toBuffer();
  const stored = isMirrored
    ? (degrees % 180 === 0 ? sharp(rotated).flop() : sharp(rotated).flip())
    : sharp(rotated);
  const bytes = await stored.jpeg({ quality: 85 }).withMetadata({ orientation }).toBuffer();
  return [`orientation_${orientation}.jpg`, bytes];
}

/** 121 megapixels of one colour in a few kilobytes: written as it is, as an encoder would touch every pixel for seconds. */
function tooManyPixels(): Uint8Array {
  const size = 11_000;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([1, 0, 0, 0, 0], 8); // one bit, grey
  const rows = Buffer.alloc(size * (1 + size / 8));
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const chunks = [["IHDR", header], ["IDAT", deflateSync(rows)], [
    "IEND",
    Buffer.alloc(0),
  ]] as const;
  return Buffer.concat([signature, ...chunks.map(([type, data]) => pngChunk(type, data))]);
}

/** A chunk of a PNG (RFC 2083, section 3.2). */
function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

function sceneSvg(): Uint8Array {
  const hills = [0.55, 0.65, 0.78].map((top, index) => {
    const y = HEIGHT * top;
    const path = `M0 ${y} Q ${WIDTH * 0.25} ${y - 180} ${
      WIDTH * 0.5
    } ${y} T ${WIDTH} ${y} V ${HEIGHT} H 0 Z`;
    return `<path d="${path}" fill="${["#5d7b6f", "#3f5f52", "#243b33"][index]}"/>`;
  });
  return new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#274b7a"/><stop offset="1" stop-color="#f3c98b"/></linearGradient></defs>
    <rect width="100%" height="80%" fill="url(#sky)"/><circle cx="1350" cy="330" r="110" fill="#fff2cc"/>
    ${
      hills.join("")
    }<path d="M260 1010 v-240 l120 -90 l120 90 v240 z" fill="#b5533c"/><rect x="350" y="880" width="70" height="130" fill="#3b2417"/>
  </svg>`,
  );
}

function badgeSvg(): Uint8Array {
  return new TextEncoder().encode(`<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800">
    <circle cx="400" cy="400" r="380" fill="#b5533c" fill-opacity="0.6"/><circle cx="400" cy="400" r="220" fill="#fff2cc"/>
  </svg>`);
}
