/**
 * The pictures that the project draws itself: several formats, the eight EXIF orientations of one scene, and three that
 * must be refused: one with too many pixels, one cut short, one that is no image.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
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
  await save("too_many_pixels.png", await tooManyPixels());
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

/** A picture whose header says 121 megapixels: an encoder would touch every one of them for seconds. */
async function tooManyPixels(): Promise<Uint8Array> {
  const png = await sharp(badgeSvg()).png().toBuffer();
  // Width, height and checksum of IHDR (RFC 2083, section 4.1.1).
  png.writeUInt32BE(11_000, 16);
  png.writeUInt32BE(11_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
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
