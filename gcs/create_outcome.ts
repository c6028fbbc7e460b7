import { isAlreadyThere } from "./storage_error.ts";
import type { Generation } from "./stored_object.ts";

/** What became of a create-only write. */
export type CreateOutcome =
  | { readonly created: true; readonly generation: Generation }
  | { readonly created: false };

/** Awaits a create-only write, to which a taken name is an outcome; throws StorageError. */
export async function outcomeOf(write: Promise<Generation>): Promise<CreateOutcome> {
  try {
    return { created: true, generation: await write };
  } catch (error) {
    if (isAlreadyThere(error)) return { created: false };
    throw error;
  }
}
