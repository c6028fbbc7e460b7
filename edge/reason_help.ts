import { FAIL_REASONS, REJECT_REASONS } from "@tintype/core/model/reject_reason";
import { isProblemCode, PROBLEM_TYPES } from "./problem_types.ts";

/** Why an image was rejected or failed, where no problem of a call has the same code. */
type OwnReason = Exclude<
  keyof typeof REJECT_REASONS | keyof typeof FAIL_REASONS,
  keyof typeof PROBLEM_TYPES
>;

/** What to do about each reason. */
const REASON_HELP: Readonly<Record<OwnReason, string>> = {
  too_many_pixels: "Send a smaller copy.",
  too_many_frames: "Send a shorter animation.",
  truncated: "The file was not copied or sent whole. Send all of it under a new imageId.",
  corrupt: "Open it where it comes from; if it shows, save it anew and send that.",
  declared_mismatch: "Declare the contentType and the size of the bytes that are sent.",
  processing_limit: "Send a smaller copy, or save it anew as JPEG.",
  pipeline_rejected: "Ask whoever operates the service for the rules of its pipeline.",
  too_late: "Send it under a new imageId, whose retention period begins anew.",
  dead_lettered: "Nothing: it is processed again without a call.",
};

/** Everything that has a page at `/problems/`. */
export const EXPLAINED_CODES = [
  ...Object.keys(PROBLEM_TYPES),
  ...Object.keys(REASON_HELP),
] as [string, ...string[]]; // keys of tables that are not empty

/** What the page at `/problems/{code}` says; undefined where there is none. */
export function explanationOf(
  code: string,
): { readonly label: string; readonly title: string; readonly help: string } | undefined {
  if (isProblemCode(code)) {
    const { status, title, help } = PROBLEM_TYPES[code];
    return { label: `${status} ${code}`, title, help };
  }
  if (!Object.hasOwn(REASON_HELP, code)) return undefined;
  const reason = code as OwnReason; // a key by the check
  const title = { ...REJECT_REASONS, ...FAIL_REASONS }[reason].replace(/\.$/, "");
  const status = reason in FAIL_REASONS ? "failed" : "rejected";
  return { label: `${status} ${code}`, title, help: REASON_HELP[reason] };
}
