import { UploadError } from "@tintype/client/problem";
import { SignedOut } from "../session/session.ts";

/** Why a picture was refused: a code of the edge, of the client, or of a rejection. */
export interface ItemProblem {
  readonly code: string;
  readonly detail: string;
}

/** What went wrong, as a problem; what is not a problem of the client's or the session's is ours. */
export function problemOf(error: unknown): ItemProblem {
  if (error instanceof UploadError) return error.problem;
  if (error instanceof SignedOut) return { code: "unauthenticated", detail: error.message };
  return { code: "internal", detail: error instanceof Error ? error.name : "" };
}
