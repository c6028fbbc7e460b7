/** An image as `GET /v1/images/{id}` tells of it. */
export interface Image {
  readonly imageId: string;
  readonly status: "processing" | "ready" | "rejected" | "failed";
  readonly reason?: string;
  readonly bytes: number;
  readonly purgeAt: string;
  readonly renditions: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly contentType: string;
    readonly bytes: number;
    readonly url: string;
  }[];
}

/** The path of an image at the edge. */
export function imagePath(imageId: string): string {
  return `/v1/images/${encodeURIComponent(imageId)}`;
}
