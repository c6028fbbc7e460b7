/**
 * The custom metadata that a source signs onto a raw object (`x-goog-meta-…`).
 * Advisory: it serves checks and display, never identity, tenancy or limits.
 */
import { CRC32C, SHA256 } from "./digest.ts";
import { REFERENCE, type Source, SOURCES } from "./manifest.ts";
import { formatTraceParent, parseTraceParent } from "./traceparent.ts";

/** What a source declares of an image beside its name and type. */
export interface RawDeclaration {
  readonly source: Source;
  /** Lower-case hex. */
  readonly sha256?: string | undefined;
  /** Big-endian base64, as Cloud Storage writes it. */
  readonly crc32c?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  readonly preset?: string | undefined;
  /** The caller's own reference. */
  readonly ref?: string | undefined;
  /** Of a Kafka record: topic/partition/offset. */
  readonly origin?: string | undefined;
  readonly traceparent?: string | undefined;
}

const SIZE = /^(0|[1-9][0-9]{0,15})$/;
/** Where a Kafka record lies: topic/partition/offset. */
export const ORIGIN = /^[A-Za-z0-9._-]{1,249}\/[0-9]{1,10}\/[0-9]{1,19}$/;
const PRESET = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** The declaration as object metadata, without the `x-goog-meta-` prefix. */
export function metadataOfDeclaration(declaration: RawDeclaration): Record<string, string> {
  const { size, ...texts } = declaration;
  const all = { ...texts, size: size?.toString() };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Reads what a source declared; whatever is not of its form is as if it were not there. */
export function declarationOfMetadata(metadata: Readonly<Record<string, string>>): RawDeclaration {
  const taken = (key: string, pattern: RegExp) => {
    const value = metadata[key];
    return value !== undefined && pattern.test(value) ? value : undefined;
  };
  const size = taken("size", SIZE);
  const parent = parseTraceParent(metadata["traceparent"]);
  return {
    source: SOURCES.find((source) => source === metadata["source"]) ?? "unknown",
    sha256: taken("sha256", SHA256),
    crc32c: taken("crc32c", CRC32C),
    size: size === undefined ? undefined : Number(size),
    preset: taken("preset", PRESET),
    ref: taken("ref", REFERENCE),
    origin: taken("origin", ORIGIN),
    traceparent: parent === undefined ? undefined : formatTraceParent(parent),
  };
}
