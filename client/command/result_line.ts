import type { SentPicture } from "./sent_picture.ts";

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
  return `${file}  ${facts.join("  ")}`;
}
