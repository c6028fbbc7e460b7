/** What is no picture, or another one, under a picture's type; and whole pictures cut, flipped and prolonged. */
import type { MediaType } from "@tintype/core/model/media_type";
import { bytesOf } from "@tintype/core/testing/headers";
import { DAMAGED, type Ending, hostile, type HostileFile } from "./_hostile_file.ts";

/** A whole small picture. */
export interface Sample {
  readonly name: string;
  readonly mediaType: MediaType;
  readonly bytes: Uint8Array;
}

const OTHERS = {
  svg: '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
  "svg with entities": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><svg>&a;</svg>',
  html: "<html><script>fetch('http://169.254.169.254/')</script></html>",
  pdf: "%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF",
  postscript: "%!PS-Adobe-3.0\n(/etc/passwd) run\n",
  zip: "PK\x03\x04\x14\0\0\0\x08\0",
  script: "#!/bin/sh\ncat /etc/passwd\n",
  mvg: "push graphic-context\nimage over 0,0 0,0 'url(file:///etc/passwd)'\n",
  zeroes: "\0".repeat(5_000),
} as const;

const DECLARED: readonly MediaType[] = ["image/jpeg", "image/png", "image/webp", "image/heic"];
const NO_IMAGE: readonly Ending[] = ["not_an_image", "unsupported_type"];

const CUT: readonly Ending[] = ["truncated", "corrupt", "unsupported_type", "not_an_image"];

/** Other files under pictures' types. */
export function disguises(): HostileFile[] {
  return Object.entries(OTHERS).flatMap(([name, text]) =>
    DECLARED.map((mediaType) =>
      hostile(`${name} as ${mediaType}`, mediaType, { bytes: bytesOf(text), endings: NO_IMAGE })
    )
  );
}

/** Pictures under another picture's type. */
export function mislabelled(samples: readonly Sample[]): HostileFile[] {
  return samples.map(({ name, mediaType, bytes }) => {
    const declared = mediaType === "image/png" ? "image/jpeg" : "image/png";
    return hostile(`${name} as ${declared}`, declared, { bytes, endings: ["declared_mismatch"] });
  });
}

/** Pictures that are something else as well: a magic number in front of it, a picture with it behind. */
export function polyglots(samples: readonly Sample[]): HostileFile[] {
  return samples.flatMap(({ name, mediaType, bytes }) => [
    ...["zip", "html", "pdf"].map((other) =>
      hostile(`${name} and a ${other}`, mediaType, {
        bytes: bytesOf(bytes, OTHERS[other === "zip" ? "zip" : other === "html" ? "html" : "pdf"]),
        endings: ["ready"],
      })
    ),
    hostile(`${name}'s first bytes and HTML`, mediaType, {
      bytes: bytesOf(bytes.subarray(0, 12), OTHERS.html.repeat(20)),
      endings: DAMAGED.filter((ending) => ending !== "ready"),
    }),
  ]);
}

/** No byte, one byte, and a magic number alone. */
export function stumps(samples: readonly Sample[]): HostileFile[] {
  return samples.flatMap(({ name, mediaType, bytes }) =>
    [0, 1, 12].map((length) =>
      hostile(`${length} bytes of ${name}`, mediaType, {
        bytes: bytes.subarray(0, length),
        endings: [...NO_IMAGE, "truncated", "corrupt"],
      })
    )
  );
}

/** A sample cut at `count` places. */
export function cuts({ name, mediaType, bytes }: Sample, count: number): HostileFile[] {
  return Array.from({ length: count }, (_, index) => {
    const length = Math.floor((bytes.length * (index + 0.5)) / count);
    return hostile(`${name} cut at ${length}`, mediaType, {
      bytes: bytes.subarray(0, length),
      endings: CUT,
    });
  });
}

/** A sample cut at every multiple of `stepBytes`; one behind the picture's own end leaves it whole. */
export function* cutsEvery(
  { name, mediaType, bytes }: Sample,
  stepBytes: number,
): Generator<HostileFile> {
  for (let length = stepBytes; length < bytes.length; length += stepBytes) {
    yield hostile(`${name} cut at ${length}`, mediaType, {
      bytes: bytes.subarray(0, length),
      endings: [...CUT, "ready"],
    });
  }
}

/** A sample with one to eight bits flipped, `count` times, the same ones each time. */
export function flips({ name, mediaType, bytes }: Sample, count: number): HostileFile[] {
  let seed = 20_261_121 + bytes.length;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  return Array.from({ length: count }, (_, index) => {
    const flipped = bytes.slice();
    for (let bits = 1 + random(8); bits > 0; bits -= 1) {
      // Every other time the header, where a bit says more.
      const at = random(index % 2 === 0 ? Math.min(600, flipped.length) : flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random(8));
    }
    return hostile(`${name} flipped ${index}`, mediaType, { bytes: flipped, endings: DAMAGED });
  });
}
