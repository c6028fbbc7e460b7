/** What a body is held to while it passes. */
export interface BodyPromise {
  /** Lower-case hex; undefined where nothing was declared. */
  readonly sha256: string | undefined;
  readonly maxBytes: number;
}

/** The bytes of one image as they come in: the first are looked at, then all are passed on. Nobody retries. */
export interface UploadBody {
  /** As declared. */
  readonly contentType: string;
  /** Bytes; undefined where only the end shows how many they are. */
  readonly size: number | undefined;
  /** How many bytes were passed on: all of them once `sendTo` has returned. */
  readonly passedBytes: number;
  /** The first SNIFF_BYTES, or all where there are fewer. */
  head(): Promise<Uint8Array>;
  /**
   * Passes all bytes to `send` and returns its result. Where they break the promise, `signal` aborts before the last of
   * them, so that nothing is stored. Throws `digest_mismatch`, `too_large`, `invalid_request`, and what `send` throws.
   */
  sendTo<Sent>(
    send: (bytes: ReadableStream<Uint8Array>, signal: AbortSignal) => Promise<Sent>,
    promise: BodyPromise,
  ): Promise<Sent>;
}
