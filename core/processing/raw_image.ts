import { AppError } from "../errors.ts";
import { type ImageRef, rawName } from "../model/object_name.ts";
import { declarationOfMetadata, type RawDeclaration } from "../model/raw_metadata.ts";
import type { TenantPlan } from "../model/tenant_plan.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ObjectFacts, ObjectReader } from "../ports/object_store.ts";
import type { ProcessImagePorts } from "./process_ports.ts";

/** A raw object and all that its processing goes by. */
export interface RawImage {
  readonly ref: ImageRef;
  readonly object: ObjectFacts;
  readonly declaration: RawDeclaration;
  readonly plan: TenantPlan;
}

/** The raw object of an image with what its source declared and its tenant's plan. */
export async function rawImageOf(
  { plans }: Pick<ProcessImagePorts, "plans">,
  ref: ImageRef,
  object: ObjectFacts,
): Promise<RawImage> {
  const declaration = declarationOfMetadata(object.metadata);
  return { ref, object, declaration, plan: await plans.planOf(ref.tenant) };
}

/** All bytes of a raw object's generation; throws `unavailable` where that went meanwhile. */
export async function fetchRaw(
  store: ObjectReader,
  { ref, object: { generation } }: Pick<RawImage, "ref" | "object">,
  options: CallOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await store.read(rawName(ref), { generation, ...options });
  if (bytes !== null) return bytes;
  throw new AppError(
    "unavailable",
    "Cannot read the raw object as it went while it was processed",
  );
}
