import type { ObjectName } from "../model/object_name.ts";

/** What a resumable session is for. */
export interface SessionOptions {
  readonly contentType: string;
  /** Bytes declared. */
  readonly size: number;
  /** T0 of the image, in milliseconds since the epoch. */
  readonly customTimeMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** The page that will send the bytes: its browser's CORS answers are pinned to it. */
  readonly origin?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** May start resumable sessions whose object is created only where there is none of that name. */
export interface UploadSessions {
  /** Starts a session; its URL is itself the credential and is never logged. Starting twice makes two sessions, the first to finish wins. */
  start(name: ObjectName, options: SessionOptions): Promise<{ readonly url: string }>;
}
