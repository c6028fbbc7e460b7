/**
 * The steps of one upload: find what the file is and what an earlier try left of it, declare it, send it to its session,
 * start again with the same id where that was lost. A large file's digests are made while it is sent.
 */
import { ChunkSize } from "./chunk_size.ts";
import type { StartedUpload, UploadRequest } from "./contract.ts";
import { digestsOf, endsHashOf, WHOLE_BYTES } from "./digests.ts";
import type { CallEdge } from "./edge_caller.ts";
import { type Image, imagePath } from "./images.ts";
import { HEAD_BYTES, pictureTypeOf } from "./picture_type.ts";
import { newImageId, timeOfImageId } from "./image_id.ts";
import { UploadError } from "./problem.ts";
import type { OpenRecord, ResumeRecords } from "./resume_records.ts";
import type { RetryPolicy } from "./retry.ts";
import { cancelSession, sendToSession, type SessionUpload } from "./resumable_session.ts";
import type { ServerClock } from "./server_clock.ts";
import type { UploadControl } from "./upload_control.ts";
import type { ProgressReport, UploadState } from "./upload_progress.ts";
import type { FileParts } from "./upload_source.ts";
import type { SendingFetch } from "./xhr_fetch.ts";

/** An image whose bytes the store has. */
export interface UploadedImage {
  readonly imageId: string;
}

/** What the edge answers to a declaration; without `upload` where the image is there already. */
export type Declared = Pick<StartedUpload, "imageId"> & Partial<Pick<StartedUpload, "upload">>;

/** Declares a file; each try says what `requestOf` makes. */
export type Declare = (
  requestOf: () => UploadRequest,
  options: Pick<Parameters<CallEdge>[0], "signal" | "onWait">,
) => Promise<Declared>;

/** What an upload works with. */
export interface UploadTools {
  readonly call: CallEdge;
  readonly declare: Declare;
  readonly clock: ServerClock;
  /** Sends to the store. */
  readonly fetcher: SendingFetch;
  readonly retry: RetryPolicy;
  /** The same size for all chunks; adaptive where it is not given. */
  readonly chunkBytes: number | undefined;
  readonly records: ResumeRecords;
}

/** One upload. */
export interface UploadJob {
  readonly file: FileParts;
  /** What is said of its type, which counts where its first bytes say nothing. */
  readonly typeHint: string;
  readonly preset: string | undefined;
  readonly ref: string | undefined;
  /** The caller's own id; else that of an earlier try, or a new one. */
  readonly imageId: string | undefined;
  readonly control: UploadControl;
  readonly progress: ProgressReport;
  /** Waited for before the first byte is sent. */
  readonly turn?: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** How far an upload is. */
interface Walk extends UploadTools, UploadJob {
  readonly record: OpenRecord;
  readonly declaration: Omit<UploadRequest, "imageId">;
  /** The whole file's, once it is known. */
  crc32c: string | Promise<string> | undefined;
  /** Undefined until the edge has made one, or may have and did not say so. */
  id: string | undefined;
  session: SessionUpload | undefined;
}

/** Sessions of one upload before it gives up. */
const MAX_SESSIONS = 3;
/** The edge takes a client's id for 24 hours after its time. */
const MAX_ID_AGE_MS = 23 * 3_600_000;
/** As much as a page can be expected to hold at once. */
const MOST_WHOLE_BYTES = 64 * 1024 * 1024;
const WEEK_MS = 7 * 86_400_000;
/** After these another try must begin anew. */
const FINAL_CODES: readonly string[] = [
  "digest_mismatch",
  "conflict",
  "erased",
  "not_found",
  "session_lost",
  "storage_refused",
];

/** A started session whose answer was not waited for could not be ended. */
const CANCEL_GRACE_MS = 5_000;

/** Declares files one by one. */
export function declareEach(call: CallEdge): Declare {
  return (requestOf, options) =>
    call({
      ...{ path: "/v1/uploads", method: "POST", bodyOf: requestOf, ...options },
      graceMs: CANCEL_GRACE_MS,
    });
}

/** Uploads a file and answers its id when the store has all of it. Throws UploadError, or the reason of its cancelling. */
export async function uploadFile(tools: UploadTools, job: UploadJob): Promise<UploadedImage> {
  const walk = await prepare(tools, job);
  try {
    await sendAll(walk);
    await walk.record.remove();
    job.progress.change({ state: "done", heldBytes: job.file.size });
    return { imageId: knownId(walk) };
  } catch (error) {
    const isFinal = error instanceof UploadError && FINAL_CODES.includes(error.code);
    if (isFinal || job.control.isCancelled) await walk.record.remove();
    if (job.control.isCancelled) await endSession(walk);
    throw error;
  } finally {
    walk.record.close();
  }
}

async function prepare(tools: UploadTools, job: UploadJob): Promise<Walk> {
  const { file, preset, ref } = job;
  const contentType = await step(job, "reading", () => typeOf(job));
  // Under an id of the caller's own another file may be there, which has another digest.
  const wholeBytes = job.imageId === undefined ? WHOLE_BYTES : MOST_WHOLE_BYTES;
  const digests = file.size <= wholeBytes
    ? await step(job, "reading", (signal) => digestsOf(file, signal, { wholeBytes }))
    : undefined;
  const content = digests?.sha256 ?? digests?.crc32c ??
    await step(job, "reading", () => endsHashOf(file));
  const identity = { content, size: file.size, contentType, preset, ref };
  const record = await tools.records.open(identity);
  const found = await record.get();
  const isSame = found !== undefined && (job.imageId ?? found.imageId) === found.imageId;
  return {
    ...tools,
    ...job,
    record,
    declaration: {
      contentType,
      size: file.size,
      ...digests,
      ...(preset === undefined ? {} : { preset }),
      ...(ref === undefined ? {} : { ref }),
    },
    crc32c: digests?.crc32c,
    id: isSame ? found.imageId : job.imageId,
    session: isSame ? found.session : undefined,
  };
}

/** The bytes say what a picture is; names and browsers are mistaken at times. */
async function typeOf({ file, typeHint }: UploadJob): Promise<string> {
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  return pictureTypeOf(head) ?? (typeHint || "application/octet-stream");
}

async function sendAll(walk: Walk): Promise<void> {
  for (let sessions = 0; sessions < MAX_SESSIONS; sessions++) {
    const isResumed = walk.session !== undefined;
    if (!isResumed && await start(walk) === "exists") return;
    const { session } = walk;
    if (session === undefined) return;
    walk.progress.change({ imageId: walk.id });
    const { turn } = walk;
    if (turn !== undefined) await walk.control.run(turn);
    walk.crc32c ??= crc32cWhileSent(walk);
    const outcome = await step(
      walk,
      "sending",
      (signal, isAgain) =>
        sendToSession(walk.file, session, {
          ...sendOptions(walk, session),
          signal,
          isResumed: isResumed || isAgain,
        }),
    );
    if (outcome === "complete") return;
    if (outcome === "taken") return await checkTaken(walk);
    walk.session = undefined;
    if (walk.imageId === undefined) renewOldId(walk);
  }
  const detail = `the store lost ${MAX_SESSIONS} sessions`;
  throw new UploadError({ status: 410, code: "session_lost", detail });
}

/** Reads a large file for its checksum; reading fails where sending does, which then says so. */
function crc32cWhileSent({ file, control }: Walk): Promise<string> {
  const reading = digestsOf(file, control.cancelSignal).then(({ crc32c }) => crc32c);
  reading.catch(() => undefined);
  return reading;
}

function sendOptions(walk: Walk, { chunkMultiple }: SessionUpload) {
  const { fetcher, retry, progress, crc32c } = walk;
  const chunks = new ChunkSize({ multiple: chunkMultiple, fixedBytes: walk.chunkBytes });
  const onHeld = (heldBytes: number) =>
    progress.change({ state: "sending", heldBytes, bytesPerSecond: chunks.bytesPerSecond });
  const onSent = (sentBytes: number) => progress.change({ state: "sending", sentBytes });
  const onWait = (error: UploadError) => progress.change({ state: "waiting", error });
  return { fetcher, retry, crc32c, chunks, onHeld, onSent, onWait };
}

/** Starts a session; `exists` where the image is there already. */
async function start(walk: Walk): Promise<"started" | "exists"> {
  const answer = await step(walk, "starting", (signal) => declare(walk, signal));
  walk.id = answer.imageId;
  if (answer.upload === undefined) return "exists";
  walk.session = answer.upload;
  await keep(walk, Date.parse(answer.upload.expiresAt));
  return "started";
}

/**
 * Declares the file. The edge makes the id of a first try; where that was not answered, all others have one and the same,
 * which is kept, so that a restart means the same image.
 */
async function declare(walk: Walk, signal: AbortSignal): Promise<Declared> {
  const { declaration } = walk;
  const onWait = (error: UploadError) => {
    walk.progress.change({ state: "waiting", error });
    walk.id ??= newImageId(walk.clock.now());
    void keep(walk, Date.now() + WEEK_MS);
  };
  const requestOf = () =>
    walk.id === undefined ? declaration : { ...declaration, imageId: walk.id };
  try {
    return await walk.declare(requestOf, { signal, onWait });
  } catch (error) {
    if (walk.imageId !== undefined || walk.id === undefined || !refusesId(error)) throw error;
    // This device's clock is wrong, and no answer has said the time.
    walk.id = undefined;
    return await walk.declare(requestOf, { signal, onWait });
  }
}

function refusesId(error: unknown): boolean {
  return error instanceof UploadError && error.code === "invalid_request" &&
    error.problem.errors?.some(({ path }) => path === "imageId") === true;
}

function renewOldId(walk: Walk): void {
  if (walk.clock.now() - timeOfImageId(knownId(walk)) > MAX_ID_AGE_MS) walk.id = undefined;
}

function knownId({ id }: Walk): string {
  if (id === undefined) throw new TypeError("Cannot name an undeclared image");
  return id;
}

/** An object of this name was there first: of this size it is this file, whose last reply was lost. */
async function checkTaken(walk: Walk): Promise<void> {
  const { bytes } = await step(
    walk,
    "sending",
    (signal) => walk.call<Image>({ path: imagePath(knownId(walk)), signal }),
  );
  if (bytes === walk.file.size) return;
  const detail = `another file of ${bytes} bytes has this imageId`;
  throw new UploadError({ status: 412, code: "conflict", detail });
}

async function keep({ record, id, session }: Walk, keepUntilMs: number): Promise<void> {
  if (id !== undefined) await record.put({ imageId: id, session, keepUntilMs });
}

/** A session that cannot be ended now ends by itself within a week; the caller wants to go. */
async function endSession({ session, fetcher }: Walk): Promise<void> {
  if (session !== undefined) await cancelSession(session, fetcher).catch(() => undefined);
}

async function step<T>(
  { control, progress }: UploadJob,
  state: UploadState,
  run: (signal: AbortSignal, isAgain: boolean) => Promise<T>,
): Promise<T> {
  return await control.run(async (signal, isAgain) => {
    progress.change({ state });
    return await run(signal, isAgain);
  });
}
