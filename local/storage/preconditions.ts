import { type Call, headerOf } from "../http/call.ts";
import { StorageFailure } from "./failures.ts";
import { wholeNumber } from "./read_request.ts";
import type { ObjectRecord } from "./object_record.ts";

/** What must hold of the live object; a generation of 0 means that there is none. */
export interface Preconditions {
  readonly generationMatch?: number | undefined;
  readonly generationNotMatch?: number | undefined;
  readonly metagenerationMatch?: number | undefined;
  readonly metagenerationNotMatch?: number | undefined;
}

type State = Pick<ObjectRecord, "generation" | "metageneration"> | null;

/** Reads numbers as the APIs send them (`ifGenerationMatch=0`); throws `bad_request` where one is not a number. */
function parsePreconditions(
  read: (name: keyof Preconditions) => string | null | undefined,
): Preconditions {
  const number = (name: keyof Preconditions) => wholeNumber(read(name) ?? undefined, "generation");
  return {
    generationMatch: number("generationMatch"),
    generationNotMatch: number("generationNotMatch"),
    metagenerationMatch: number("metagenerationMatch"),
    metagenerationNotMatch: number("metagenerationNotMatch"),
  };
}

const NAMES = [
  "generationMatch",
  "generationNotMatch",
  "metagenerationMatch",
  "metagenerationNotMatch",
] as const;
const QUERY = new Map(NAMES.map((name) => [name, `if${name[0]?.toUpperCase()}${name.slice(1)}`]));
const HEADERS = new Map(
  NAMES.map((name) => [name, `x-goog-if-${name.replace("M", "-m").replace("N", "-n")}`]),
);

/** The query parameters that state preconditions in the JSON API: `ifGenerationMatch`, `ifMetagenerationNotMatch` and so on. */
export const PRECONDITION_QUERY = [...QUERY.values()].join(" ");

/** The headers that state preconditions in the XML API: `x-goog-if-generation-match` and so on. */
export const PRECONDITION_HEADERS = [...HEADERS.values()].join(" ");

/** The preconditions in a query of the JSON API; throws `bad_request`. */
export function preconditionsOfQuery(query: URLSearchParams): Preconditions {
  return parsePreconditions((name) => query.get(QUERY.get(name) ?? ""));
}

/** The preconditions in the headers of an XML request; throws `bad_request`. */
export function preconditionsOfHeaders(call: Pick<Call, "headers">): Preconditions {
  return parsePreconditions((name) => headerOf(call, HEADERS.get(name) ?? ""));
}

/** Throws `precondition_failed` where a write may not happen over `current`. */
export function checkBeforeWrite(current: State, wanted: Preconditions): void {
  if (isNotModified(current, wanted)) throw new StorageFailure("precondition_failed");
}

/** Whether a reader has it already (304); throws `precondition_failed` where the object is not the wanted one. */
export function isNotModified(current: State, wanted: Preconditions): boolean {
  const { generation, metageneration } = current ?? { generation: 0, metageneration: undefined };
  const is = (value: number | undefined, given: number | undefined) =>
    given !== undefined && value === given;
  const { generationMatch = generation, metagenerationMatch = metageneration } = wanted;
  if (generation !== generationMatch || metageneration !== metagenerationMatch) {
    throw new StorageFailure("precondition_failed");
  }
  return is(generation, wanted.generationNotMatch) ||
    is(metageneration, wanted.metagenerationNotMatch);
}
