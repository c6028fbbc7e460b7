import type { UnsentFile } from "@tintype/cli/find_pictures";
import { shownText } from "@tintype/cli/shown_text";

/** What happened to one picture. */
export interface SentPicture {
  readonly file: string;
  readonly imageId: string | null;
  /** `uploaded` where it was not waited for, `refused` where the edge did not take it, `lost` where it never came to an end. */
  readonly status: "ready" | "rejected" | "failed" | "uploaded" | "refused" | "lost";
  readonly reason?: string;
  /** Of a refusal, in words. */
  readonly detail?: string;
  readonly bytes: number;
  readonly renditions: number;
  /** From the moment the image was whole in the store until it was ready or rejected, in milliseconds. */
  readonly readyMs: number | null;
}

/** A file that was given and could not be read. */
export function unsentPicture({ name, reason }: UnsentFile): SentPicture {
  const nothing = { imageId: null, bytes: 0, renditions: 0, readyMs: null } as const;
  return { file: name, ...nothing, status: "refused", reason: "unreadable", detail: reason };
}

/** What became of a picture, as a line that people read. */
export function resultLine(
  { file, imageId, status, reason, detail, renditions, readyMs }: SentPicture,
) {
  const ended = reason === undefined ? status : `${status}: ${reason}`;
  const facts = [
    ended,
    ...(imageId === null ? [] : [imageId]),
    ...(status === "ready" ? [`${renditions} renditions`] : []),
    ...(readyMs === null ? [] : [`${readyMs} ms`]),
    ...(detail === undefined ? [] : [detail]),
  ];
  return shownText(`${file}  ${facts.join("  ")}`);
}
