/**
 * The walk of one upload: read the file's digests, find what an earlier try left, declare the file, send it to its
 * session, start again with the same id where that was lost.
 */
import { ChunkSize } from "./chunk_size.ts";
import type { StartedUpload, UploadRequest } from "./contract.ts";
import { digestsOf } from "./digests.ts";
import type { CallEdge } from "./edge_caller.ts";
import { type Image, imagePath } from "./images.ts";
import { HEAD_BYTES, pictureTypeOf } from "./picture_type.ts";
import { newImageId, timeOfImageId } from "./image_id.ts";
import { UploadError } from "./problem.ts";
import type { OpenRecord, ResumeRecords } from "./resume_records.ts";
import type { RetryPolicy } from "./retry.ts";
import { cancelSession, sendToSession, type SessionUpload } from "./resumable_session.ts";
import type { UploadControl } from "./upload_control.ts";
import type { ProgressReport, UploadState } from "./upload_progress.ts";
import type { FileParts } from "./upload_source.ts";

/** An image whose bytes the store has. */
export interface UploadedImage {
  readonly imageId: string;
}

/** What an upload works with. */
export interface UploadTools {
  readonly call: CallEdge;
  readonly fetcher: typeof fetch;
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
}

/** How far an upload is. */
interface Walk extends UploadTools, UploadJob {
  readonly record: OpenRecord;
  readonly declaration: Omit<UploadRequest, "imageId"> & { readonly crc32c: string };
  id: string;
  session: SessionUpload | undefined;
}

/** Sessions of one upload before it gives up. */
const MAX_SESSIONS = 3;
/** A started session whose answer was not waited for could not be ended. */
const CANCEL_GRACE_MS = 5_000;
/** The edge takes a client's id for 24 hours after its time. */
const MAX_ID_AGE_MS = 23 * 3_600_000;
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

/** Uploads a file and answers its id when the store has all of it. Throws UploadError, or the reason of its cancelling. */
export async function uploadFile(tools: UploadTools, job: UploadJob): Promise<UploadedImage> {
  const walk = await prepare(tools, job);
  try {
    await sendAll(walk);
    await walk.record.remove();
    job.progress.change({ state: "done", heldBytes: job.file.size });
    return { imageId: walk.id };
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
  const { sha256, crc32c } = await step(job, "reading", (signal) => digestsOf(file, signal));
  const identity = { sha256, size: file.size, contentType, preset, ref };
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
      sha256,
      crc32c,
      ...(preset === undefined ? {} : { preset }),
      ...(ref === undefined ? {} : { ref }),
    },
    id: isSame ? found.imageId : job.imageId ?? newImageId(),
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

function sendOptions(walk: Walk, { chunkMultiple }: SessionUpload) {
  const { fetcher, retry, progress, declaration: { crc32c } } = walk;
  const chunks = new ChunkSize({ multiple: chunkMultiple, fixedBytes: walk.chunkBytes });
  const onHeld = (heldBytes: number) =>
    progress.change({ state: "sending", heldBytes, bytesPerSecond: chunks.bytesPerSecond });
  const onWait = (error: UploadError) => progress.change({ state: "waiting", error });
  return { fetcher, retry, crc32c, chunks, onHeld, onWait };
}

/** Starts a session; `exists` where the image is there already. The id is kept first, so that a restart means the same image. */
async function start(walk: Walk): Promise<"started" | "exists"> {
  await keep(walk, Date.now() + WEEK_MS);
  const answer = await step(walk, "starting", (signal) => declare(walk, signal));
  walk.id = answer.imageId;
  if (answer.upload === undefined) return "exists";
  walk.session = answer.upload;
  await keep(walk, Date.parse(answer.upload.expiresAt));
  return "started";
}

/** What the edge answers; without `upload` where the image is there already. */
type Declared = Pick<StartedUpload, "imageId"> & Partial<Pick<StartedUpload, "upload">>;

async function declare(walk: Walk, signal: AbortSignal): Promise<Declared> {
  const { call, declaration, id } = walk;
  const onWait = (error: UploadError) => walk.progress.change({ state: "waiting", error });
  const post = (body: UploadRequest) =>
    call<Declared>({
      ...{ path: "/v1/uploads", method: "POST", body, signal, onWait },
      graceMs: CANCEL_GRACE_MS,
    });
  try {
    return await post({ ...declaration, imageId: id });
  } catch (error) {
    if (walk.imageId !== undefined || !refusesId(error)) throw error;
    // This device's clock is wrong, and so are the times of the ids that it makes.
    return await post(declaration);
  }
}

function refusesId(error: unknown): boolean {
  return error instanceof UploadError && error.code === "invalid_request" &&
    error.problem.errors?.some(({ path }) => path === "imageId") === true;
}

function renewOldId(walk: Walk): void {
  if (Date.now() - timeOfImageId(walk.id) > MAX_ID_AGE_MS) walk.id = newImageId();
}

/** An object of this name was there first: of this size it is this file, whose last reply was lost. */
async function checkTaken(walk: Walk): Promise<void> {
  const { bytes } = await step(
    walk,
    "sending",
    (signal) => walk.call<Image>({ path: imagePath(walk.id), signal }),
  );
  if (bytes === walk.file.size) return;
  const detail = `another file of ${bytes} bytes has this imageId`;
  throw new UploadError({ status: 412, code: "conflict", detail });
}

async function keep({ record, id, session }: Walk, keepUntilMs: number): Promise<void> {
  await record.put({ imageId: id, session, keepUntilMs });
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
