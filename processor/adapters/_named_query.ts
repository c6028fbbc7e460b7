import type { BigQuery, Query } from "@google-cloud/bigquery";
import { t0OfImageId } from "@tintype/core/model/image_id";
import type { ImageRef } from "@tintype/core/model/object_name";

/** Values of a query's named parameters; dates are timestamps. */
export type QueryParams = Readonly<Record<string, string | number | readonly string[] | Date>>;

/** A query over `dataset`, which stands in the place of `tintype.` in its text. */
export function namedQuery(
  client: BigQuery,
  { sql, dataset, params }: {
    readonly sql: string;
    readonly dataset: string;
    readonly params: QueryParams;
  },
): Query {
  const values = Object.entries(params).map((
    [name, value],
  ) => [name, value instanceof Date ? client.timestamp(value) : value]);
  return {
    query: sql.replaceAll("tintype.", `${dataset}.`),
    params: Object.fromEntries(values),
    useLegacySql: false,
  };
}

/** What statements over many images take: their ids, and the span of T0 that holds them; there must be one image. */
export function paramsOfImages(refs: readonly ImageRef[]) {
  const t0s = refs.map(({ imageId }) => t0OfImageId(imageId));
  return {
    image_ids: refs.map(({ imageId }) => imageId),
    from_t0: new Date(Math.min(...t0s)),
    to_t0: new Date(Math.max(...t0s)),
  };
}
