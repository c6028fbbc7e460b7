import type { Manifest } from "../model/manifest.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { TenantPlans } from "../model/tenant_plan.ts";
import type { Hashing } from "../ports/hashing.ts";
import type {
  ObjectCreator,
  ObjectLister,
  ObjectReader,
  ObjectRemover,
  ObjectReplacer,
} from "../ports/object_store.ts";
import type { PixelEngine } from "../ports/pixel_engine.ts";
import type { RowAppender, RowEraser } from "../ports/row_sink.ts";
import type { Clock } from "../ports/clock.ts";
import type { RetentionPolicy } from "../retention/policy.ts";

/** What processing needs. It cannot create in the raw bucket, so it cannot feed itself. */
export interface ProcessImagePorts {
  readonly raw: ObjectReader & ObjectRemover & ObjectLister;
  readonly processed: ObjectCreator & ObjectReplacer & ObjectReader & ObjectLister & ObjectRemover;
  readonly rows: RowAppender & RowEraser;
  readonly pixels: PixelEngine;
  readonly hashing: Hashing;
  readonly plans: TenantPlans;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  /** In every manifest and row. */
  readonly processorVersion: string;
}

/** A delivery: an object of the raw bucket is complete. */
export interface ImageDelivery {
  readonly objectName: string;
  /** Which delivery of the event this is, from 1. */
  readonly attempt: number;
}

/** The owner wants it erased; `hidden` rows are left for the sweep. */
export interface ErasedOutcome {
  readonly outcome: "erased";
  readonly ref: ImageRef;
  readonly state: "erased" | "hidden";
}

/** What became of a delivery; every outcome is acknowledged. */
export type ProcessOutcome =
  | { readonly outcome: "done"; readonly ref: ImageRef; readonly manifest: Manifest }
  /** A final manifest was there. */
  | { readonly outcome: "already"; readonly ref: ImageRef }
  | ErasedOutcome
  /** There is no such object (any more). */
  | { readonly outcome: "gone"; readonly ref: ImageRef }
  /** It arrived after its retention period and was deleted. */
  | { readonly outcome: "expired"; readonly ref: ImageRef }
  /** The name is not one of ours, or of a T0 that no door can have given. */
  | { readonly outcome: "ignored" };
