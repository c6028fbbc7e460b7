import { makeImageId, t0OfImageId } from "../model/image_id.ts";
import { IMAGE_ROW_COLUMNS, type ImageRow, type RowValue } from "../model/image_row.ts";
import type { ImageRef } from "../model/object_name.ts";
import { parseOwner } from "../model/owner.ts";
import { parseTenant } from "../model/tenant.ts";

/** An image that nobody else has, with its T0 in milliseconds; its owner is always the same. */
export function sampleRef(t0Ms: number = Date.now()): ImageRef {
  return {
    tenant: parseTenant("acme"),
    owner: parseOwner("abcdefghijklmnopqrst"),
    imageId: makeImageId(t0Ms, crypto.getRandomValues(new Uint8Array(10))),
  };
}

/** A row in which everything that may be missing is missing, changed by `values`. */
export function sampleRow(
  ref: ImageRef,
  values: Readonly<Record<string, RowValue>> = {},
): ImageRow {
  const t0 = new Date(t0OfImageId(ref.imageId)).toISOString();
  // Object.fromEntries forgets which keys it was given: here they are all the columns.
  const empty = Object.fromEntries(
    IMAGE_ROW_COLUMNS.map((column) => [column, column === "renditions" ? [] : null]),
  ) as ImageRow;
  return {
    ...empty,
    ...{ image_id: ref.imageId, tenant: ref.tenant, owner: ref.owner, source: "edge", t0 },
    ...{ generation: "1700000000000001", attempt: 1, status: "ready", processed_at: t0, ...values },
  };
}
