/**
 * What is admitted from every source, decided before a byte is stored:
 * the declaration against the tenant's plan, the image's id against the clock, the first bytes against the declared type.
 */
import { AppError, type FieldError } from "../errors.ts";
import { type ImageId, t0OfImageId } from "../model/image_id.ts";
import { agrees, type MediaType, parseMediaType, sniffMediaType } from "../model/media_type.ts";
import type { ClosableSource, TenantPlan } from "../model/tenant_plan.ts";
import { CLIENT_AHEAD_MS } from "../reading/own_image.ts";
import { phaseOf, type RetentionPolicy } from "../retention/policy.ts";

/** What a caller says of the image it is about to send. */
export interface Declaration {
  readonly contentType: string;
  /** Bytes; undefined where the source cannot know before the end. */
  readonly size?: number | undefined;
  /** Lower-case hex. */
  readonly sha256?: string | undefined;
  /** Big-endian base64. */
  readonly crc32c?: string | undefined;
  readonly preset?: string | undefined;
  /** The caller's own reference. */
  readonly ref?: string | undefined;
}

/** A declaration that was admitted. */
interface AdmittedDeclaration extends Declaration {
  readonly contentType: MediaType;
}

/** How old a client's own image id may be, and how far ahead its clock may run. */
const CLIENT_ID_WINDOW = { pastMs: 24 * 3_600_000, aheadMs: CLIENT_AHEAD_MS } as const;

/**
 * Admits a declaration under a plan.
 * Throws `unsupported_type`, `too_large` or `invalid_request` (empty image, unknown preset), each with the limit.
 */
export function admitDeclaration(declaration: Declaration, plan: TenantPlan): AdmittedDeclaration {
  const contentType = parseMediaType(declaration.contentType);
  admitType(contentType, plan);
  const { size, preset } = declaration;
  if (size !== undefined) admitSize(size, plan);
  if (preset !== undefined && !Object.hasOwn(plan.presets, preset)) {
    throw invalid("preset", "must be a preset of the tenant's plan");
  }
  return { ...declaration, contentType };
}

/** How long a caller of a closed source should wait: the time after which a plan is read again. */
const CLOSED_RETRY_MS = 60_000;

/** Throws `unavailable` where the plan closes the source for now. */
export function requireOpen({ closed }: TenantPlan, source: ClosableSource): void {
  if (!closed.includes(source)) return;
  throw new AppError(
    "unavailable",
    "Cannot take images for now: an operator has closed this source. Send them again later",
    { retryAfterMs: CLOSED_RETRY_MS },
  );
}

function admitType(type: MediaType, { allowedTypes }: TenantPlan): void {
  if (allowedTypes.some((allowed) => agrees(allowed, type))) return;
  throw new AppError(
    "unsupported_type",
    `Cannot take ${type} as the plan allows ${allowedTypes.join(", ")}`,
  );
}

/** Admits a size in bytes; throws `invalid_request` for an empty image and `too_large` over the plan's limit. */
function admitSize(size: number, plan: TenantPlan): void {
  if (size < 1) throw invalid("size", "must be at least 1");
  if (size <= plan.maxBytes) return;
  throw new AppError(
    "too_large",
    `Cannot take image: size must be at most ${plan.maxBytes} bytes (got ${size})`,
  );
}

/**
 * Admits the first bytes of an image (SNIFF_BYTES of them, or all): they say what it is, whatever was declared.
 * Throws `not_an_image` where they are none, and `unsupported_type` where the plan does not take their type.
 */
export function admitHead(head: Uint8Array, plan: TenantPlan): MediaType {
  const actual = sniffMediaType(head);
  if (actual === null) {
    const message = "Cannot take these bytes as they are not an image of a supported type";
    throw new AppError("not_an_image", message);
  }
  admitType(actual, plan);
  return actual;
}

/**
 * Admits an id that the client made: its time from 24 hours ago to 5 seconds ahead, and before its write cutoff.
 * Throws `invalid_request`.
 */
export function admitClientImageId(
  imageId: ImageId,
  options: { readonly nowMs: number; readonly policy: RetentionPolicy },
): void {
  const { nowMs, policy } = options;
  const ageMs = nowMs - t0OfImageId(imageId);
  if (ageMs < -CLIENT_ID_WINDOW.aheadMs) {
    throw invalid("imageId", "must not have a time more than 5 seconds ahead");
  }
  if (ageMs > CLIENT_ID_WINDOW.pastMs) {
    throw invalid("imageId", "must have a time within the last 24 hours");
  }
  if (phaseOf(imageId, policy, nowMs) !== "kept") {
    throw invalid("imageId", "must have a time before its write cutoff");
  }
}

function invalid(path: string, message: string): AppError {
  const errors: FieldError[] = [{ path, message }];
  return new AppError("invalid_request", `Cannot take image as ${path} ${message}`, { errors });
}
