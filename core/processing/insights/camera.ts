/** Facts of the camera from EXIF: vocabularies of makes and models, never serial numbers, names or places. */
import exifr from "exifr";
import type { Camera } from "../../model/insights.ts";
import { modelName } from "./_camera_models.ts";

/** Makers whose word in rows is the first one that they write themselves, in lower case. */
const MAKERS: ReadonlySet<string | undefined> = new Set([
  ...["apple", "samsung", "google", "canon", "nikon", "sony", "fujifilm", "olympus", "panasonic"],
  ...["leica", "ricoh", "hasselblad", "dji", "gopro", "xiaomi", "huawei", "honor", "oneplus"],
  ...["oppo", "vivo", "motorola", "lg", "htc", "nokia", "microsoft", "kodak", "casio", "sigma"],
]);

/** Other ways in which makers write themselves, and the word that rows have for them. */
const OTHER_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^fuji film\b/i, "fujifilm"],
  [/^om digital\b/i, "olympus"],
  [/^pentax\b/i, "ricoh"],
  [/^(redmi|poco)\b/i, "xiaomi"],
  [/^lge\b/i, "lg"],
  [/^hmd\b/i, "nokia"],
  [/^eastman kodak\b/i, "kodak"],
];

/** What a model's name may consist of at all. */
const MODEL = /^[\x20-\x7e]{1,64}$/;
const LENS = /^(?!.*\d{6})[A-Za-z0-9][\x20-\x7e]{0,63}$/;

/** The tags that are looked at in its own directory. */
const EXIF_TAGS = [
  ...["ExposureTime", "FNumber", "ISO", "ISOSpeedRatings"],
  ...["FocalLength", "LensModel", "DateTimeOriginal"],
];

/**
 * Reads the camera's facts from an EXIF block (a TIFF structure, perhaps behind `Exif\0\0` or HEIF's offset field).
 * Undefined where the block is none, or says nothing of a camera: broken EXIF never costs an image.
 */
export async function readCamera(block: Uint8Array): Promise<Camera | undefined> {
  const tiff = tiffOf(block);
  if (tiff === undefined) return undefined;
  const tags = await readTags(tiff);
  if (tags === undefined) return undefined;
  const make = makeOf(tags["Make"]);
  const camera = defined({
    make,
    model: make === undefined || make === "other" ? undefined : modelOf(tags["Model"], make),
    lens: text(tags["LensModel"], LENS),
    exposureMs: positive(tags["ExposureTime"], 1000),
    fNumber: positive(tags["FNumber"]),
    iso: isoOf(tags["ISO"] ?? tags["ISOSpeedRatings"]),
    focalLengthMm: positive(tags["FocalLength"]),
    capturedHour: hourOf(tags["DateTimeOriginal"]),
  });
  const hasGps = tags["GPSLatitude"] !== undefined;
  return Object.keys(camera).length === 0 && !hasGps ? undefined : { ...camera, hasGps };
}

/** The word that rows have for a maker, `other` for one that is not in the table, undefined without one. */
function makeOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const make = value.trim();
  const word = /^[a-z]+\b/i.exec(make)?.[0].toLowerCase();
  if (MAKERS.has(word)) return word;
  return OTHER_NAMES.find(([pattern]) => pattern.test(make))?.[1] ?? "other";
}

function modelOf(value: unknown, make: string): string | undefined {
  if (typeof value !== "string") return undefined;
  const words = value.trim();
  // Some makers write their name before the model's: `SAMSUNG-SM-N900A`, `Canon EOS 300D`.
  const isPrefixed = /^[ -]/.test(words.slice(make.length)) && words.toLowerCase().startsWith(make);
  const name = text(isPrefixed ? words.slice(make.length + 1) : words, MODEL);
  return name === undefined ? undefined : modelName(make, name);
}

/** The TIFF structure within a block: `Exif\0\0` (EXIF 2.32, 4.7.2) or an offset (ISO/IEC 23008-12, A.2.1) may precede. */
function tiffOf(block: Uint8Array): Uint8Array | undefined {
  const last = Math.min(16, block.length - 8);
  for (let at = 0; at <= last; at += 1) {
    const order = String.fromCharCode(...block.subarray(at, at + 4));
    if (order === "II*\0" || order === "MM\0*") return block.subarray(at);
  }
  return undefined;
}

async function readTags(tiff: Uint8Array): Promise<Record<string, unknown> | undefined> {
  try {
    return await exifr.parse(tiff, {
      tiff: true,
      ifd0: { pick: ["Make", "Model"] },
      exif: { pick: EXIF_TAGS },
      // For being there alone.
      gps: { pick: ["GPSLatitude"] },
      ifd1: false,
      interop: false,
      makerNote: false,
      userComment: false,
      xmp: false,
      icc: false,
      iptc: false,
      reviveValues: false,
      translateValues: false,
    });
  } catch {
    return undefined;
  }
}

function text(value: unknown, pattern: RegExp): string | undefined {
  const words = typeof value === "string" ? value.replace(/\0[^]*$/, "").trim() : "";
  return pattern.test(words) ? words : undefined;
}

function positive(value: unknown, scale = 1): number | undefined {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return undefined;
  return Number((value * scale).toPrecision(6));
}

function isoOf(value: unknown): number | undefined {
  const first: unknown = typeof value === "object" ? Object.values(value ?? {})[0] : value;
  const iso = positive(first);
  return iso === undefined || !Number.isInteger(iso) ? undefined : iso;
}

/** `YYYY:MM:DD HH:MM:SS` (EXIF 2.32, section 4.6.5). */
function hourOf(value: unknown): number | undefined {
  const found = typeof value === "string" ? /^\d{4}:\d\d:\d\d (\d\d):/.exec(value) : null;
  const hour = Number(found?.[1] ?? NaN);
  return hour <= 23 ? hour : undefined;
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function defined<Fields extends Record<string, unknown>>(fields: Fields): Defined<Fields> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Defined<Fields>; // only fields of `Fields` that are not undefined
}
