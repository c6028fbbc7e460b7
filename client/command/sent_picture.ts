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
