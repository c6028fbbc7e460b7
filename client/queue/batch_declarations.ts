import type { StartedUpload, UploadRequest } from "../contract.ts";
import type { CallEdge } from "../edge_caller.ts";
import { type ProblemCode, UploadError } from "../problem.ts";
import { withRetry } from "../retry.ts";
import type { RetryPolicy } from "../retry.ts";
import type { Declare, Declared } from "../upload_file.ts";
import { linkSignal, untilAborted } from "@tintype/gcs/signals";

/** One result of `POST /v1/uploads/batch`. */
type Result =
  | StartedUpload & { readonly status: 201 }
  | { readonly status: 200; readonly imageId: string }
  | { readonly status: number; readonly problem: { code: ProblemCode; detail: string } };

/** A declaration that waits for its call. */
interface Waiting {
  readonly request: UploadRequest;
  resolve(declared: Declared): void;
  reject(error: unknown): void;
}

const MOST = 50;
/** How long the first one waits for others. */
const GATHER_MS = 30;
/** A started session whose answer was not waited for could not be ended. */
const CANCEL_GRACE_MS = 5_000;

/** Declares files together: those that come while a call is under way go in the next one. */
export function declareTogether(call: CallEdge, retry: RetryPolicy): Declare {
  const waiting: Waiting[] = [];
  let isBusy = false;
  const sendAll = async () => {
    isBusy = true;
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    while (waiting.length > 0) await sendSome(call, waiting.splice(0, MOST));
    isBusy = false;
  };
  const declareOnce = (request: UploadRequest) =>
    new Promise<Declared>((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      if (!isBusy) void sendAll();
    });
  return async (requestOf, { signal, onWait }) =>
    await withRetry(
      () => withGrace(declareOnce(requestOf()), signal),
      { retry, signal, onWait },
    );
}

async function sendSome(call: CallEdge, some: readonly Waiting[]): Promise<void> {
  try {
    const uploads = some.map(({ request }) => request);
    const { results } = await call<{ readonly results: readonly Result[] }>({
      ...{ path: "/v1/uploads/batch", method: "POST", bodyOf: () => ({ uploads }) },
      isRepeated: false,
    });
    for (const [at, { resolve, reject }] of some.entries()) {
      const result = results[at];
      if (result !== undefined && "imageId" in result) resolve(result);
      else reject(problemOf(result));
    }
  } catch (error) {
    for (const { reject } of some) reject(error);
  }
}

function problemOf(result: Result | undefined): UploadError {
  const protocol = { code: "protocol", detail: "the response has no result" } as const;
  const problem = result !== undefined && "problem" in result ? result.problem : protocol;
  return new UploadError({ ...problem, status: result?.status ?? 200 });
}

/** What comes within five seconds of the signal's end, still. */
async function withGrace<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const { signal: end, release } = linkSignal(signal, {
    timeoutMs: Infinity,
    graceMs: CANCEL_GRACE_MS,
  });
  try {
    work.catch(() => undefined);
    await untilAborted(end, (resolve) => {
      work.then(resolve, resolve);
      return () => undefined;
    });
    return await work;
  } finally {
    release();
  }
}
