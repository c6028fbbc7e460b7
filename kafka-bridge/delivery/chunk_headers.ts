import { AppError } from "@tintype/core/errors";
import type { SourceRecord } from "../ports.ts";

/** Header names of a record that is a part of an image; records of one set have one key, so one partition. */
export const CHUNK_HEADERS = {
  id: "chunk-id",
  index: "chunk-index",
  count: "chunk-count",
} as const;

/** Which part of which image a record is. */
export interface Chunk {
  readonly id: string;
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

const MAX_COUNT = 100_000;
const ID = /^[A-Za-z0-9._:-]{1,128}$/;
const COUNT = /^(0|[1-9][0-9]{0,5})$/;

/** Reads the headers of a part; undefined where the record is a whole image. Throws `invalid_record` where they are wrong. */
export function chunkOf({ headers }: SourceRecord): Chunk | undefined {
  const named = Object.values(CHUNK_HEADERS).filter((name) => headers.has(name));
  if (named.length === 0) return undefined;
  const text = (name: string) => new TextDecoder().decode(headers.get(name));
  const [id, index, count] = [
    text(CHUNK_HEADERS.id),
    text(CHUNK_HEADERS.index),
    text(CHUNK_HEADERS.count),
  ];
  const isRight = ID.test(id) && COUNT.test(index) && COUNT.test(count) &&
    Number(index) < Number(count) && Number(count) <= MAX_COUNT;
  if (isRight) return { id, index: Number(index), count: Number(count) };
  throw new AppError(
    "invalid_record",
    "Cannot take chunk as chunk-id, chunk-index and chunk-count must say which of how many it is",
  );
}
