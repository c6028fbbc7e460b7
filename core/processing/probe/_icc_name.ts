import type { Primaries, StoredColor, Transfer } from "../../model/stored_color.ts";
import { latin1, viewOf } from "./_reader.ts";

const DESC_TAG = 0x64657363; // "desc"
const MULTI_LOCALIZED = 0x6d6c7563; // "mluc"
const MAX_TAGS = 128;

/**
 * The description of an ICC profile (ICC.1:2022, sections 7.3 and 9.2.41), or undefined where the bytes at hand do not
 * hold it: printable ASCII only, at most 128 characters.
 */
export function iccName(profile: Uint8Array): string | undefined {
  if (profile.length < 132 || latin1(profile.subarray(36, 40)) !== "acsp") return undefined;
  const view = viewOf(profile);
  const tags = Math.min(view.getUint32(128), MAX_TAGS, Math.floor((profile.length - 132) / 12));
  for (let at = 132; at < 132 + tags * 12; at += 12) {
    if (view.getUint32(at) !== DESC_TAG) continue;
    const offset = view.getUint32(at + 4);
    const end = offset + view.getUint32(at + 8);
    return end > profile.length ? undefined : descriptionOf(profile.subarray(offset, end));
  }
  return undefined;
}

/** Text from outside, made harmless: printable ASCII, at most 128 characters; undefined where nothing is left. */
export function printable(text: string): string | undefined {
  const clean = text.replace(/[^\x20-\x7e]/g, "").trim().slice(0, 128);
  return clean === "" ? undefined : clean;
}

function descriptionOf(tag: Uint8Array): string | undefined {
  if (tag.length < 16) return undefined;
  const view = viewOf(tag);
  const type = view.getUint32(0);
  if (type === DESC_TAG) return printable(latin1(tag.subarray(12, 12 + view.getUint32(8))));
  if (type !== MULTI_LOCALIZED || tag.length < 28) return undefined;
  const offset = view.getUint32(24);
  return printable(latin1(tag.subarray(offset, offset + view.getUint32(20))));
}

/** Words in the names of profiles that cameras and editors embed; the first that fits counts. */
const NAMED_PRIMARIES: readonly (readonly [RegExp, Primaries])[] = [
  [/p3/i, "display_p3"],
  [/adobe ?rgb/i, "adobe_rgb"],
  [/2020|2100/, "bt2020"],
  [/prophoto|romm/i, "prophoto_rgb"],
  [/srgb|61966|709/i, "bt709"],
];
const NAMED_TRANSFERS: readonly (readonly [RegExp, Transfer])[] = [
  [/\bPQ\b/, "pq"],
  [/\bHLG\b/, "hlg"],
  [/linear/i, "linear"],
  [/srgb|61966|p3/i, "srgb"],
];

/** What a profile's name says of the colours that its codec converts from; undefined where there is no name. */
export function profileColor(name: string | undefined): StoredColor | undefined {
  if (name === undefined) return undefined;
  const named = <Word>(words: readonly (readonly [RegExp, Word])[]) =>
    words.find(([pattern]) => pattern.test(name))?.[1];
  const primaries = named(NAMED_PRIMARIES) ?? "other";
  return { by: "profile", primaries, transfer: named(NAMED_TRANSFERS) ?? "other" };
}
