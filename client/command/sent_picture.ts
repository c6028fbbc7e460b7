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
