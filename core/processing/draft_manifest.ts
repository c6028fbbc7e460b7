import type { Camera, Origins } from "../model/insights.ts";
import type { ImageMetadata, Manifest } from "../model/manifest.ts";
import { agrees, isMediaType, type MediaType } from "../model/media_type.ts";
import type { RejectReason } from "../model/reject_reason.ts";
import { isHdr } from "../model/stored_color.ts";
import { parseTraceParent } from "../model/traceparent.ts";
import type { Clock } from "../ports/clock.ts";
import type { Rendered } from "../ports/pixel_engine.ts";
import type { Probed } from "./probe/probe.ts";
import { uprightSize } from "./plan_renditions.ts";
import type { ProcessImagePorts } from "./process_ports.ts";
import type { RawImage } from "./raw_image.ts";
import { Stopwatch } from "./stopwatch.ts";

type Facts = Omit<Manifest, "status" | "reason" | "detail" | "timings" | "processedAt">;

/** A manifest in the making: what a stage has found is in it even where a later one rejects the image. */
export class ManifestDraft {
  readonly watch: Stopwatch;
  readonly #clock: Clock;
  readonly #declaredType: string | undefined;
  #facts: Facts;
  #origins: Origins | undefined;

  constructor(
    { clock, processorVersion, pipeline }: Pick<
      ProcessImagePorts,
      "clock" | "processorVersion" | "pipeline"
    >,
    { ref, object, declaration }: RawImage,
    attempt: number,
  ) {
    this.#clock = clock;
    this.#declaredType = object.contentType?.slice(0, 128);
    this.watch = new Stopwatch(clock);
    this.watch.add({ queueMs: Math.max(0, this.watch.startedAtMs - object.createdMs) });
    const { ref: reference, origin } = declaration;
    const traceId = parseTraceParent(declaration.traceparent)?.traceId;
    this.#facts = {
      version: 1,
      imageId: ref.imageId,
      tenant: ref.tenant,
      owner: ref.owner,
      source: declaration.source,
      generation: object.generation,
      bytes: object.size,
      renditions: [],
      engine: "none",
      processorVersion,
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(reference === undefined ? {} : { ref: reference }),
      ...(origin === undefined ? {} : { origin }),
      ...(traceId === undefined ? {} : { traceId }),
      attempt,
    };
  }

  /** Adds what was found. */
  add(facts: Partial<Facts>): void {
    this.#facts = { ...this.#facts, ...facts };
  }

  /** Adds what a header says, and what was declared where that is another type. */
  addHeader({ mediaType, header, origins }: Probed): void {
    this.#origins = origins;
    const declaredType = this.#declaredType;
    if (declaredType !== undefined && !isSameType(declaredType, mediaType)) {
      this.add({ declaredType });
    }
    const { width, height, iccName, orientation, frames, hasAlpha, colorSpace, bitDepth, color } =
      header;
    const { provenance, isAiGenerated } = origins;
    const metadata: ImageMetadata = {
      mediaType,
      ...uprightSize(header),
      megapixels: Math.round(width * height / 10_000) / 100,
      frames,
      isAnimated: frames > 1,
      hasAlpha,
      colorSpace,
      bitDepth,
      orientation,
      ...(iccName === undefined ? {} : { iccName: iccName.slice(0, 128) }),
      ...(color === undefined ? {} : { primaries: color.primaries, transfer: color.transfer }),
      isHdr: isHdr(color),
      provenance,
      ...(isAiGenerated === undefined ? {} : { isAiGenerated }),
    };
    this.add({ metadata });
  }

  /** Adds what was seen in the pixels; the header must be there. */
  addRendered({ insights, custom, extra, engine, timings, ...rendered }: Rendered): void {
    const { metadata } = this.#facts;
    const origins = this.#origins;
    if (metadata === undefined || origins === undefined) {
      throw new TypeError("Cannot add insights: the header is missing");
    }
    const camera = withXmp(rendered.camera, origins);
    const seen = {
      insights,
      ...(camera === undefined ? {} : { camera }),
      ...(Object.keys(custom).length === 0 ? {} : { custom }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    };
    this.watch.add(timings);
    this.add({ engine, metadata: { ...metadata, ...seen } });
  }

  /** The manifest of an image that is ready. */
  ready(): Manifest {
    return { ...this.#finish(), status: "ready" };
  }

  /** The manifest of an image that is at fault. */
  rejected(reason: RejectReason, detail: string): Manifest {
    return { ...this.#finish(), status: "rejected", reason, detail: detail.slice(0, 300) };
  }

  /** The manifest of an image that we could not process; not final. */
  failed(): Manifest {
    return { ...this.#finish(), status: "failed", reason: "dead_lettered" };
  }

  #finish(): Omit<Manifest, "status"> {
    const processedAt = new Date(this.#clock.now()).toISOString();
    return { ...this.#facts, timings: this.watch.timings(), processedAt };
  }
}

function isSameType(declared: string, actual: MediaType): boolean {
  return isMediaType(declared) && agrees(declared, actual);
}

/** Adds what XMP knows and EXIF does not. */
function withXmp(
  camera: Camera | undefined,
  { hasGps, capturedHour }: Origins,
): Camera | undefined {
  if (!hasGps && capturedHour === undefined) return camera;
  return {
    ...(capturedHour === undefined ? {} : { capturedHour }),
    ...camera,
    hasGps: hasGps || camera?.hasGps === true,
  };
}
