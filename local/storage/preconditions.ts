import { StorageFailure } from "./failures.ts";
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
export function parsePreconditions(
  read: (name: keyof Preconditions) => string | null | undefined,
): Preconditions {
  return {
    generationMatch: number(read("generationMatch")),
    generationNotMatch: number(read("generationNotMatch")),
    metagenerationMatch: number(read("metagenerationMatch")),
    metagenerationNotMatch: number(read("metagenerationNotMatch")),
  };
}

/** Throws `precondition_failed` where a write may not happen over `current`. */
export function checkBeforeWrite(current: State, wanted: Preconditions): void {
  if (!matches(current, wanted) || !differs(current, wanted)) {
    throw new StorageFailure("precondition_failed");
  }
}

/** Whether a reader has it already (304); throws `precondition_failed` where the object is not the wanted one. */
export function isNotModified(current: State, wanted: Preconditions): boolean {
  if (!matches(current, wanted)) throw new StorageFailure("precondition_failed");
  return !differs(current, wanted);
}

function matches(current: State, { generationMatch, metagenerationMatch }: Preconditions): boolean {
  if (generationMatch !== undefined && (current?.generation ?? 0) !== generationMatch) return false;
  return metagenerationMatch === undefined || current?.metageneration === metagenerationMatch;
}

function differs(current: State, wanted: Preconditions): boolean {
  const { generationNotMatch, metagenerationNotMatch } = wanted;
  if (generationNotMatch !== undefined && (current?.generation ?? 0) === generationNotMatch) {
    return false;
  }
  return metagenerationNotMatch === undefined ||
    current?.metageneration !== metagenerationNotMatch;
}

function number(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new StorageFailure("bad_request", `Invalid generation: ${text}`);
}
