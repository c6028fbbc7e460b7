import { type ImageRef, rawName } from "../model/object_name.ts";
import type { ImageMetadata, Manifest, Timings } from "../model/manifest.ts";
import { declarationOfMetadata, type RawDeclaration } from "../model/raw_metadata.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { isMediaType } from "../model/media_type.ts";
import { renditionsOf, type TenantPlan } from "../model/tenant_plan.ts";
import { AppError } from "../errors.ts";
import type { ObjectFacts } from "../ports/object_store.ts";
import type { Developed } from "../ports/pixel_engine.ts";
import {
  draftManifest,
  type ManifestDraft,
  readyManifest,
  rejectedManifest,
} from "./draft_manifest.ts";
import { guard } from "./guard.ts";
import { probe, probeBytes, type Probed } from "./probe/probe.ts";
import type { CallOptions } from "../ports/call_options.ts";
import type { ProcessImagePorts } from "./process_ports.ts";
import { rangeSource } from "./range_source.ts";
import { storeRenditions } from "./store_renditions.ts";

/** The raw object to develop. */
export interface DevelopImageInput {
  readonly ref: ImageRef;
  readonly object: ObjectFacts;
  readonly attempt: number;
  /** Of a replay: its renditions have names of their own. */
  readonly mark?: string;
}

/** Where a walk through the stages is; its facts are told even when a later stage rejects the image. */
interface Progress {
  draft: ManifestDraft;
}

/** Develops a raw object into stored renditions and the manifest that tells of them; a rejected image is a manifest too. */
export async function developImage(
  ports: ProcessImagePorts,
  { ref, object, attempt, mark }: DevelopImageInput,
  options: CallOptions,
): Promise<Manifest> {
  const declaration = declarationOfMetadata(object.metadata);
  const progress: Progress = { draft: draftManifest(ports, { ref, object, declaration, attempt }) };
  try {
    return readyManifest(
      await throughAllStages(ports, { ref, object, declaration, progress, mark }, options),
    );
  } catch (error) {
    if (error instanceof ImageRejected) return rejectedManifest(progress.draft, error);
    throw error;
  }
}

async function throughAllStages(
  ports: ProcessImagePorts,
  { ref, object, declaration, progress, mark }: {
    readonly ref: ImageRef;
    readonly object: ObjectFacts;
    readonly declaration: RawDeclaration;
    readonly progress: Progress;
    readonly mark: string | undefined;
  },
  options: CallOptions,
): Promise<ManifestDraft> {
  const plan = ports.plans.planOf(ref.tenant);
  const probed = await timed(
    ports,
    progress,
    "probeMs",
    () => examine(ports, { ref, object, declaration, plan }, options),
  );
  progress.draft = { ...progress.draft, metadata: headerMetadata(probed) };
  const bytes = await timed(
    ports,
    progress,
    "fetchMs",
    () => fetchWhole(ports, { ref, object }, options),
  );
  const sha256 = await verifyDigests(ports, { bytes, declaration });
  progress.draft = { ...progress.draft, sha256 };
  // Only the whole file tells how many frames there are, and that it is still what its first bytes said.
  const whole = guarded(await probeBytes(bytes), { object, declaration, plan });
  progress.draft = { ...progress.draft, metadata: headerMetadata(whole) };
  const renditions = renditionsOf(plan, declaration.preset);
  const developed = await ports.pixels.develop({ bytes, ...whole, renditions }, options);
  progress.draft = withDeveloped(progress.draft, developed);
  const stored = await timed(
    ports,
    progress,
    "storeMs",
    () => storeRenditions(ports, { ref, developed, mark }, options),
  );
  return { ...progress.draft, renditions: stored };
}

async function examine(
  ports: ProcessImagePorts,
  { ref, object, declaration, plan }: {
    readonly ref: ImageRef;
    readonly object: ObjectFacts;
    readonly declaration: RawDeclaration;
    readonly plan: TenantPlan;
  },
  options: CallOptions,
): Promise<Probed> {
  const source = rangeSource(ports.raw, { name: rawName(ref), object, ...options });
  return guarded(await probe(source, options), { object, declaration, plan });
}

/** What was found, where it is within every limit and is what was declared. */
function guarded(
  probed: Probed,
  { object, declaration, plan }: {
    readonly object: ObjectFacts;
    readonly declaration: RawDeclaration;
    readonly plan: TenantPlan;
  },
): Probed {
  const { contentType } = object;
  guard(probed, {
    plan,
    declaredType: contentType !== undefined && isMediaType(contentType) ? contentType : undefined,
    declaredSize: declaration.size,
    actualSize: object.size,
  });
  return probed;
}

async function fetchWhole(
  { raw }: ProcessImagePorts,
  { ref, object }: { readonly ref: ImageRef; readonly object: ObjectFacts },
  options: CallOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await raw.read(rawName(ref), { generation: object.generation, ...options });
  if (bytes !== null) return bytes;
  throw new AppError("unavailable", "Cannot read the raw object as it went while it was processed");
}

async function verifyDigests(
  { hashing }: ProcessImagePorts,
  { bytes, declaration }: {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly declaration: RawDeclaration;
  },
): Promise<string> {
  const sha256 = await hashing.sha256(bytes);
  if (declaration.sha256 !== undefined && declaration.sha256 !== sha256) {
    throw new ImageRejected("digest_mismatch", "its SHA-256 is not the declared one");
  }
  if (declaration.crc32c !== undefined && declaration.crc32c !== hashing.crc32c(bytes)) {
    throw new ImageRejected("digest_mismatch", "its CRC32C is not the declared one");
  }
  return sha256;
}

function headerMetadata({ mediaType, header }: Probed): ImageMetadata {
  const isTurned = header.orientation >= 5;
  const { width, height, iccName, ...facts } = header;
  return {
    mediaType,
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    megapixels: Math.round(width * height / 10_000) / 100,
    frames: facts.frames,
    isAnimated: facts.frames > 1,
    hasAlpha: facts.hasAlpha,
    colorSpace: facts.colorSpace,
    bitDepth: facts.bitDepth,
    orientation: facts.orientation,
    ...(iccName === undefined ? {} : { iccName: iccName.slice(0, 128) }),
  };
}

function withDeveloped(draft: ManifestDraft, developed: Developed): ManifestDraft {
  const { insights, camera, custom, engine, timings } = developed;
  if (draft.metadata === undefined) {
    throw new TypeError("Cannot add insights before the header was read");
  }
  const metadata: ImageMetadata = {
    ...draft.metadata,
    insights,
    ...(camera === undefined ? {} : { camera }),
    ...(Object.keys(custom).length === 0 ? {} : { custom }),
  };
  return { ...draft, metadata, engine, timings: { ...draft.timings, ...timings } };
}

async function timed<T>(
  { clock }: ProcessImagePorts,
  progress: Progress,
  stage: keyof Timings,
  run: () => Promise<T>,
): Promise<T> {
  const startMs = clock.now();
  try {
    return await run();
  } finally {
    const timings = { ...progress.draft.timings, [stage]: Math.max(0, clock.now() - startMs) };
    progress.draft = { ...progress.draft, timings };
  }
}
