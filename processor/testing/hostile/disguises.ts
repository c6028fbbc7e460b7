/** What is no picture, or another one, under a picture's type; and whole pictures cut, flipped and prolonged. */
import type { MediaType } from "@tintype/core/model/media_type";
import { bytesOf } from "@tintype/core/testing/headers";
import { DAMAGED, type Ending, type HostileFile, hostiles } from "./_hostile_file.ts";

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
    hostiles(NO_IMAGE, DECLARED.map((type) => [`${name} as ${type}`, type, bytesOf(text)]))
  );
}

/** Pictures under another picture's type. */
export function mislabelled(samples: readonly Sample[]): HostileFile[] {
  return samples.flatMap(({ name, mediaType, bytes }) => {
    const declared = mediaType === "image/png" ? "image/jpeg" : "image/png";
    return hostiles(["ready"], [[`${name} as ${declared}`, declared, bytes]]);
  });
}

/** Pictures that are something else as well: a magic number in front of it, a picture with it behind. */
export function polyglots(samples: readonly Sample[]): HostileFile[] {
  return samples.flatMap(({ name, mediaType, bytes }) => {
    const both = (["zip", "html", "pdf"] as const).map((other) =>
      [`${name} and a ${other}`, mediaType, bytesOf(bytes, OTHERS[other])] as const
    );
    const head = bytesOf(bytes.subarray(0, 12), OTHERS.html.repeat(20));
    return [
      ...hostiles(["ready"], both),
      ...hostiles(DAMAGED.filter((ending) => ending !== "ready"), [
        [`${name}'s first bytes and HTML`, mediaType, head],
      ]),
    ];
  });
}

/** No byte, one byte, and a magic number alone. */
export function stumps(samples: readonly Sample[]): HostileFile[] {
  const cut = samples.flatMap(({ name, mediaType, bytes }) =>
    [0, 1, 12].map((length) =>
      [`${length} bytes of ${name}`, mediaType, bytes.subarray(0, length)] as const
    )
  );
  return hostiles([...NO_IMAGE, "truncated", "corrupt"], cut);
}

function cutAt({ name, mediaType, bytes }: Sample, length: number) {
  return [`${name} cut at ${length}`, mediaType, bytes.subarray(0, length)] as const;
}

/** A sample cut at `count` places. */
export function cuts(sample: Sample, count: number): HostileFile[] {
  const lengths = Array.from(
    { length: count },
    (_, index) => Math.floor((sample.bytes.length * (index + 0.5)) / count),
  );
  return hostiles(CUT, lengths.map((length) => cutAt(sample, length)));
}

/** A sample cut at every multiple of `stepBytes`; one behind the picture's own end leaves it whole. */
export function* cutsEvery(sample: Sample, stepBytes: number): Generator<HostileFile> {
  for (let length = stepBytes; length < sample.bytes.length; length += stepBytes) {
    yield* hostiles([...CUT, "ready"], [cutAt(sample, length)]);
  }
}

/** A sample with one to eight bits flipped, `count` times, the same ones each time. */
export function flips({ name, mediaType, bytes }: Sample, count: number): HostileFile[] {
  let seed = 20_261_121 + bytes.length;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const files = Array.from({ length: count }, (_, index) => {
    const flipped = bytes.slice();
    for (let bits = 1 + random(8); bits > 0; bits -= 1) {
      // Every other time the header, where a bit says more.
      const at = random(index % 2 === 0 ? Math.min(600, flipped.length) : flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random(8));
    }
    return [`${name} flipped ${index}`, mediaType, flipped] as const;
  });
  return hostiles(DAMAGED, files);
}
