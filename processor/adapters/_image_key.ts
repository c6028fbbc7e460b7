import { parseImageId } from "@tintype/core/model/image_id";
import type { ImageRef } from "@tintype/core/model/object_name";
import { parseOwner } from "@tintype/core/model/owner";
import { parseTenant } from "@tintype/core/model/tenant";
import * as z from "zod";

/** The columns of a row that name its image. */
export const imageKeySchema = z.object({
  tenant: z.string().transform(parseTenant),
  owner: z.string().transform(parseOwner),
  image_id: z.string().transform(parseImageId),
});

/** The image that they name. */
export function refOfKey({ tenant, owner, image_id }: z.infer<typeof imageKeySchema>): ImageRef {
  return { tenant, owner, imageId: image_id };
}
