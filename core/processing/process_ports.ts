import type { Force } from "../model/force.ts";
import type { Manifest } from "../model/manifest.ts";
import type { ImageRef } from "../model/object_name.ts";
import type { PipelineIdentity } from "../model/own_value.ts";
import type { Clock } from "../ports/clock.ts";
import type { ContentKeys } from "../ports/content_keys.ts";
import type { Hashing } from "../ports/hashing.ts";
import type {
  ObjectCreator,
  ObjectFacts,
  ObjectLister,
  ObjectReader,
  ObjectRemover,
  ObjectReplacer,
} from "../ports/object_store.ts";
import type { PixelEngine } from "../ports/pixel_engine.ts";
import type { RecordPublisher } from "../ports/record_publisher.ts";
import type { TenantPlans } from "../ports/tenants.ts";
import type { RetentionPolicy } from "../retention/policy.ts";

/** What processing needs. It can neither create in the raw bucket, so that it cannot feed itself, nor list it. */
export interface ProcessImagePorts {
  readonly raw: ObjectReader & ObjectRemover;
  readonly processed: ObjectCreator & ObjectReplacer & ObjectReader & ObjectLister & ObjectRemover;
  readonly erasures: ObjectReader;
  readonly records: RecordPublisher;
  readonly contentKeys: ContentKeys;
  readonly pixels: PixelEngine;
  readonly hashing: Hashing;
  readonly plans: TenantPlans;
  readonly policy: RetentionPolicy;
  readonly clock: Clock;
  /** In every manifest and row. */
  readonly processorVersion: string;
  /** Likewise: the company's own pipeline, where it has a name. */
  readonly pipeline?: PipelineIdentity | undefined;
}

/** A delivery: an object of the raw bucket is complete. */
export interface ImageDelivery {
  readonly objectName: string;
  /** Of the object that the event is about. */
  readonly generation: string;
  /** Which delivery of the event this is, from 1. */
  readonly attempt: number;
  /** The object as its event describes it, where it does. */
  readonly object?: ObjectFacts | undefined;
  /** Whether it came by a slow lane. */
  readonly isSlow?: boolean;
  /** Of an event that has the image processed again. */
  readonly force?: Force | undefined;
}

/** Its owner wants it erased: what was there is gone. */
export interface ErasedOutcome {
  readonly outcome: "erased";
  readonly ref: ImageRef;
  /** `settled` where nothing was found: its receipt is there. */
  readonly state: "erasing" | "settled";
}

/** What became of a delivery; every outcome is acknowledged. */
export type ProcessOutcome =
  | { readonly outcome: "done"; readonly ref: ImageRef; readonly manifest: Manifest }
  /** A final manifest was there; its record was published again. */
  | { readonly outcome: "already"; readonly ref: ImageRef }
  /** It is ready, and would have been rejected had it been processed again: nothing was changed. */
  | { readonly outcome: "kept"; readonly ref: ImageRef; readonly manifest: Manifest }
  | ErasedOutcome
  /** The object is not there (any more). */
  | { readonly outcome: "gone"; readonly ref: ImageRef }
  /** It arrived after its retention period and was deleted. */
  | { readonly outcome: "expired"; readonly ref: ImageRef }
  /** Its write cutoff has passed, and the delivery is forced or a dead letter: nothing is written any more. */
  | { readonly outcome: "too_late"; readonly ref: ImageRef }
  /** The name is not one of ours, or of a T0 that no source can have given. */
  | { readonly outcome: "ignored" };
