import type { ImageState } from "./contract.ts";

/** An image as `GET /v1/images/{id}` tells of it. */
export type Image = ImageState;

/** A picture made of an image; its `url` ends after 15 minutes or with the image. */
export type Rendition = ImageState["renditions"][number];

/** The path of an image at the edge. */
export function imagePath(imageId: string): string {
  return `/v1/images/${encodeURIComponent(imageId)}`;
}
