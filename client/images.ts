import type {
  AcceptedErasure,
  ErasureState,
  ImagePage,
  ImageState,
  ImageStates,
  ImageSummary,
  Original,
} from "./contract.ts";
import type { CallEdge } from "./edge_caller.ts";

/** An image as `GET /v1/images/{id}` returns it. */
export type Image = ImageState;

/** A picture made of an image; its `url` is the same for five minutes, and ends 15 to 20 minutes later or with the image. */
export type Rendition = ImageState["renditions"][number];

/** What every call may be given. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Which images to list. */
export interface ListOptions extends CallOptions {
  /** From 1 to 50; 20 where it is not given. */
  readonly limit?: number | undefined;
  /** From the page before. */
  readonly cursor?: string | undefined;
  /** Whether each image has its renditions, too. */
  readonly include?: "renditions" | undefined;
}

/** The caller's own images. Each call throws UploadError, or the signal's reason. */
export interface Images {
  /** A page, newest first; it may be short, or empty, and still have a cursor. */
  list(options?: ListOptions): Promise<ImagePage>;
  /** All of them, newest first, page by page. */
  all(options?: CallOptions): AsyncGenerator<ImageSummary>;
  /** One; with `wait` (1 to 20 seconds) when it is ready, rejected or failed, or the seconds are over. */
  get(imageId: string, options?: CallOptions & { readonly wait?: number }): Promise<Image>;
  /**
   * Up to 50, in the order of their ids; with `wait` when one of them is ready, rejected or failed, or the seconds are
   * over. Each is an image or the problem that it has: of status 503 where the call did not come to it.
   */
  states(
    imageIds: readonly string[],
    options?: CallOptions & { readonly wait?: number | undefined },
  ): Promise<ImageStates>;
  /** Where a processed image's bytes are read as they came in; takes the scope `images:read:original`. */
  original(imageId: string, options?: CallOptions): Promise<Original>;
  /** Asks for everything of an image to be erased. */
  erase(imageId: string, options?: CallOptions): Promise<AcceptedErasure>;
  /** How far an erasure is. */
  erasure(imageId: string, options?: CallOptions): Promise<ErasureState>;
}

/** The most images of a call. */
export const MOST_IMAGES = 50;
/** The status of an image that a call did not come to: it is asked for again. */
export const NOT_REACHED = 503;

/** The path of an image at the edge. */
export function imagePath(imageId: string): string {
  return `/v1/images/${encodeURIComponent(imageId)}`;
}

/** Makes the calls about images. */
export function imagesOf(call: CallEdge): Images {
  const list = async ({ limit, cursor, include, signal }: ListOptions = {}) =>
    await call<ImagePage>({ path: `/v1/images${queryOf({ limit, cursor, include })}`, signal });
  return {
    list,
    async *all({ signal } = {}) {
      let cursor: string | undefined;
      do {
        const page = await list({ limit: MOST_IMAGES, cursor, signal });
        yield* page.images;
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
    get: async (imageId, { wait, signal } = {}) =>
      await call<Image>({ path: `${imagePath(imageId)}${queryOf({ wait })}`, signal }),
    states: async (imageIds, { wait, signal } = {}) =>
      await call<ImageStates>({
        path: `/v1/images${queryOf({ ids: imageIds.join(","), wait })}`,
        signal,
      }),
    original: async (imageId, { signal } = {}) =>
      await call<Original>({ path: `${imagePath(imageId)}/original`, signal }),
    erase: async (imageId, { signal } = {}) =>
      await call<AcceptedErasure>({ path: imagePath(imageId), method: "DELETE", signal }),
    erasure: async (imageId, { signal } = {}) =>
      await call<ErasureState>({
        path: `/v1/erasures/${encodeURIComponent(imageId)}`,
        signal,
      }),
  };
}

function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}
