import type { ImageRef } from "../model/object_name.ts";
import type { Manifest } from "../model/manifest.ts";
import type { RawDeclaration } from "../model/raw_metadata.ts";
import type { RejectReason } from "../model/reject_reason.ts";
import { parseTraceParent } from "../model/traceparent.ts";
import type { ObjectFacts } from "../ports/object_store.ts";
import type { ProcessImagePorts } from "./process_ports.ts";

/** Everything a manifest says before it is known what became of the image. */
export type ManifestDraft = Omit<Manifest, "status" | "reason" | "detail" | "processedAt"> & {
  readonly startedAtMs: number;
  readonly now: () => number;
};

/** Begins the manifest of a raw object. */
export function draftManifest(
  ports: Pick<ProcessImagePorts, "clock" | "processorVersion">,
  { ref, object, declaration, attempt }: {
    readonly ref: ImageRef;
    readonly object: ObjectFacts;
    readonly declaration: RawDeclaration;
    readonly attempt: number;
  },
): ManifestDraft {
  const startedAtMs = ports.clock.now();
  const traceId = parseTraceParent(declaration.traceparent)?.traceId;
  return {
    version: 1,
    imageId: ref.imageId,
    tenant: ref.tenant,
    owner: ref.owner,
    source: declaration.source,
    generation: object.generation,
    bytes: object.size,
    renditions: [],
    timings: { queueMs: Math.max(0, startedAtMs - object.createdMs) },
    engine: "none",
    processorVersion: ports.processorVersion,
    ...(traceId === undefined ? {} : { traceId }),
    attempt,
    startedAtMs,
    now: () => ports.clock.now(),
  };
}

/** The manifest of an image that was found wanting. */
export function rejectedManifest(
  draft: ManifestDraft,
  { reason, detail }: { readonly reason: RejectReason; readonly detail: string },
): Manifest {
  return { ...finished(draft), status: "rejected", reason, detail: detail.slice(0, 300) };
}

/** The manifest of an image that is ready. */
export function readyManifest(draft: ManifestDraft): Manifest {
  return { ...finished(draft), status: "ready" };
}

/** The manifest of an image that we could not process; not final. */
export function failedManifest(draft: ManifestDraft): Manifest {
  return { ...finished(draft), status: "failed", reason: "dead_lettered" };
}

function finished({ startedAtMs, now, ...draft }: ManifestDraft): Omit<Manifest, "status"> {
  const nowMs = now();
  const timings = { ...draft.timings, totalMs: Math.max(0, nowMs - startedAtMs) };
  return { ...draft, timings, processedAt: new Date(nowMs).toISOString() };
}
