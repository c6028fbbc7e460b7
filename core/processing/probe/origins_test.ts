import assert from "node:assert/strict";
import { test } from "node:test";
import type { Origins } from "../../model/insights.ts";
import {
  be,
  box,
  bytesOf,
  chunk,
  heif,
  ispe,
  jpeg,
  png,
  riffChunk as riff,
  segment,
  vp8x,
  webp,
} from "../../testing/headers.ts";
import { probeBytes } from "./probe.ts";

const AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const CAMERA = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture";
const packet = (text: string) => `<x:xmpmeta><rdf:Description ${text}/></x:xmpmeta>`;
const xmp = (type: string) => packet(`Iptc4xmpExt:DigitalSourceType="${type}"`);
/** A manifest store of Content Credentials, with an action whose source type it is. */
const store = (type: string) =>
  box("jumb", box("jumd", "c2pa", new Uint8Array(12), 3, "c2pa", 0), box("cbor", type, "rall"));

/** APP11 segments of a box that is cut at `at`: each has instance, number, and the box's size and type. */
function app11(superbox: Uint8Array, at: number): Uint8Array[] {
  const head = (number: number) => bytesOf("JP", be(1, 2), be(number, 4));
  const [front, rest] = [superbox.subarray(0, at), superbox.subarray(at)];
  return [
    segment(0xeb, head(1), front),
    segment(0xeb, head(2), superbox.subarray(0, 8), rest),
  ];
}

const itxt = (text: string) => chunk("iTXt", "XML:com.adobe.xmp", [0, 0, 0, 0, 0], text);
const UUID = [0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e];
const AVIF = heif({ brand: "avif", item: "av01", properties: [ispe(9, 9)] });
const avifOf = (...uuid: (Uint8Array | number[])[]) => bytesOf(AVIF, box("uuid", ...uuid));
const webpOf = (c2pa: Uint8Array, text: string) =>
  webp(vp8x(0x0c, 9, 9), riff("VP8 "), riff("C2PA", c2pa), riff("XMP ", text));
const PLACE = 'exif:GPSLatitude="52,31.2N"';
const timeAt = (hour: string) => `exif:DateTimeOriginal="2024-05-06T${hour}:03:02+02:00"`;
const ELEMENTS = "<exif:GPSLatitude>52,31.2N</exif:GPSLatitude>" +
  "<photoshop:DateCreated>2024-05-06T07:03</photoshop:DateCreated>";
const pngOf = (...before: Uint8Array[]) => png({ width: 9, height: 9, before });
const jpegOf = (...before: Uint8Array[]) => jpeg({ width: 9, height: 9, before });
const jpegXmp = (text: string) => segment(0xe1, "http://ns.adobe.com/xap/1.0/\0", text);

const NONE: Origins = { provenance: "none", hasGps: false };
const AT_17: Origins = { ...NONE, hasGps: true, capturedHour: 17 };
const BY_AI = { isAiGenerated: true };
const SIGNED: Origins = { provenance: "present", hasGps: false };

const CASES: readonly (readonly [string, Uint8Array, Origins])[] = [
  ["a JPEG of nothing", jpegOf(), NONE],
  ["a JPEG's APP11 in two parts", jpegOf(...app11(store(AI), 120)), { ...SIGNED, ...BY_AI }],
  ["a JPEG's APP11 of another box", jpegOf(...app11(box("jumb", box("jumd", "json")), 20)), NONE],
  ["a JPEG's XMP of a camera", jpegOf(jpegXmp(xmp(CAMERA))), { ...NONE, isAiGenerated: false }],
  ["a PNG's caBX", pngOf(chunk("caBX", store(CAMERA))), { ...SIGNED, isAiGenerated: false }],
  ["a PNG's XMP behind its pixels", bytesOf(pngOf(), itxt(xmp(AI))), { ...NONE, ...BY_AI }],
  ["a WebP's C2PA and XMP", webpOf(store("x"), xmp(AI)), { ...SIGNED, ...BY_AI }],
  ["an AVIF's uuid box", avifOf(UUID, [0xc4, 0x81], store(AI)), { ...SIGNED, ...BY_AI }],
  ["another uuid box", avifOf(new Uint8Array(16), store(AI)), NONE],
  ["XMP of a place and a time", jpegOf(jpegXmp(packet(`${PLACE} ${timeAt("17")}`))), AT_17],
  ["XMP of an hour that no day has", jpegOf(jpegXmp(packet(timeAt("24")))), NONE],
  ["XMP of elements", pngOf(itxt(ELEMENTS)), { ...AT_17, capturedHour: 7 }],
];

for (const [what, file, origins] of CASES) {
  test(`probe() finds what ${what} says of the picture's origin`, async () => {
    assert.deepEqual((await probeBytes(file)).origins, origins);
  });
}
