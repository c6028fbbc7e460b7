/**
 * Erases one image: raw object, everything processed, rows; then writes the receipt.
 * Every step finds its work done when it is run again, so any delivery, sweep or crash may repeat it.
 */
import { findName, walkNames } from "../listing.ts";
import type { CallOptions } from "../ports/call_options.ts";
import { t0OfImageId } from "../model/image_id.ts";
import {
  type ImageRef,
  markerName,
  type ObjectName,
  processedPrefix,
  rawName,
  receiptName,
} from "../model/object_name.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  ObjectCreator,
  ObjectLister,
  ObjectReader,
  ObjectRemover,
} from "../ports/object_store.ts";
import type { RowEraser } from "../ports/row_sink.ts";

/** What erasing needs. */
export interface EraseImagePorts {
  readonly raw: ObjectReader & ObjectRemover;
  readonly processed: ObjectLister & ObjectRemover & ObjectCreator;
  readonly rows: RowEraser;
  readonly clock: Clock;
}

/** How far an erasure came: `hidden` while the warehouse's buffer holds rows that it will not give up yet. */
interface Erasure {
  readonly state: "erased" | "hidden";
  /** Objects removed by this run. */
  readonly objects: number;
  /** Rows removed by this run. */
  readonly rows: number;
}

/** Whether the owner has asked for the image to be erased. */
export async function isMarked(
  raw: ObjectReader,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<boolean> {
  return await raw.stat(markerName(ref), options) !== null;
}

/** Erases an image whose marker is there. `hidden` is to be run again later: every sweep runs every live marker. */
export async function eraseImage(
  ports: EraseImagePorts,
  ref: ImageRef,
  options: CallOptions = {},
): Promise<Erasure> {
  let objects = await removeLive(ports.raw, rawName(ref), options) ? 1 : 0;
  for await (
    const { name, generation } of walkNames(ports.processed, {
      prefix: processedPrefix(ref),
      ...options,
    })
  ) {
    if (await ports.processed.remove(name, { generation, ...options })) objects++;
  }
  const removal = await ports.rows.remove(ref, options);
  if (removal.state === "buffered") return await hideRows(ports, ref, objects, options);
  const receipt = await ports.processed.create(receiptName(ref), new Uint8Array(0), {
    contentType: "application/octet-stream",
    customTimeMs: t0OfImageId(ref.imageId),
    ...options,
  });
  if (!receipt.created) return { state: "erased", objects, rows: removal.rows };
  // A late attempt may have appended its row meanwhile, and have found no receipt yet that it could withdraw.
  const late = await ports.rows.remove(ref, options);
  if (late.state === "buffered") return await hideRows(ports, ref, objects, options);
  return { state: "erased", objects, rows: removal.rows + late.rows };
}

/** The rows stay for a while: no view shows them, and no receipt says that they are gone. */
async function hideRows(
  ports: EraseImagePorts,
  ref: ImageRef,
  objects: number,
  options: CallOptions,
): Promise<Erasure> {
  await ports.rows.hide(ref, { atMs: ports.clock.now(), ...options });
  await withdrawReceipt(ports, ref, options);
  return { state: "hidden", objects, rows: 0 };
}

/** An earlier run may have found no row and written the receipt before a late attempt appended its row. */
async function withdrawReceipt(
  { processed }: EraseImagePorts,
  ref: ImageRef,
  options: CallOptions,
): Promise<void> {
  const receipt = await findName(processed, receiptName(ref), options);
  if (receipt === undefined) return;
  await processed.remove(receipt.name, { generation: receipt.generation, ...options });
}

/** Removes whatever generation is live; false where there was none. */
export async function removeLive(
  store: ObjectReader & ObjectRemover,
  name: ObjectName,
  options: CallOptions = {},
): Promise<boolean> {
  const facts = await store.stat(name, options);
  if (facts === null) return false;
  return await store.remove(name, { generation: facts.generation, ...options });
}
