/** The stages that a raw object goes through: fetch, probe, verify, render, store. */
import type { Manifest } from "../model/manifest.ts";
import { ImageRejected } from "../model/reject_reason.ts";
import { renditionsOf } from "../model/tenant_plan.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { ManifestDraft } from "./draft_manifest.ts";
import { guard, guardBytes } from "./guard.ts";
import { probeBytes } from "./probe/probe.ts";
import type { ProcessImagePorts } from "./process_ports.ts";
import { fetchRaw, type RawImage } from "./raw_image.ts";
import { storeRenditions } from "./store_renditions.ts";

/** How to run the stages. */
interface RunStagesOptions extends CallOptions {
  readonly attempt: number;
  /** Whether its event came by a slow lane. */
  readonly isSlow?: boolean | undefined;
  /** Of a replay: its renditions have names of their own. */
  readonly mark?: string;
}

/** Makes a raw object's renditions and the manifest about them; an image that is rejected has a manifest too. */
export async function runStages(
  ports: ProcessImagePorts,
  raw: RawImage,
  { attempt, mark, isSlow = false, ...options }: RunStagesOptions,
): Promise<Manifest> {
  const draft = new ManifestDraft(ports, raw, attempt);
  const { watch } = draft;
  try {
    guardBytes({ plan: raw.plan, declaredSize: raw.declaration.size, actualSize: raw.object.size });
    const bytes = await watch.time("fetchMs", () => fetchRaw(ports.raw, raw, options));
    const probed = await watch.time("probeMs", () => probeBytes(bytes));
    guard(probed, raw.plan);
    draft.addHeader(probed);
    draft.add({ sha256: await verifyDigests(ports, raw, bytes) });
    const renditions = renditionsOf(raw.plan, raw.declaration.preset);
    const rendered = await ports.pixels.render({ bytes, ...probed, renditions }, {
      ...options,
      tenant: raw.ref.tenant,
      isSlow,
    });
    draft.addRendered(rendered);
    const storing = { ref: raw.ref, renditions: rendered.renditions, mark };
    const stored = await watch.time("storeMs", () => storeRenditions(ports, storing, options));
    draft.add({ renditions: stored });
    return draft.ready();
  } catch (error) {
    if (error instanceof ImageRejected) return draft.rejected(error.reason, error.detail);
    throw error;
  }
}

async function verifyDigests(
  { hashing }: ProcessImagePorts,
  { declaration, object }: RawImage,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const sha256 = await hashing.sha256(bytes);
  if (declaration.sha256 !== undefined && declaration.sha256 !== sha256) {
    throw new ImageRejected("digest_mismatch", "its SHA-256 is not the declared one");
  }
  // What was read is what the store holds: reading compares it with the store's own sum.
  const found = () => object.crc32c ?? hashing.crc32c(bytes);
  if (declaration.crc32c !== undefined && declaration.crc32c !== found()) {
    throw new ImageRejected("digest_mismatch", "its CRC32C is not the declared one");
  }
  return sha256;
}
