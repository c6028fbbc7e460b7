import { type ImageId, t0OfImageId } from "@tintype/core/model/image_id";

/** Values of a statement's named parameters; dates are timestamps. */
export type QueryParams = Readonly<Record<string, string | number | readonly string[] | Date>>;

/** `queryParameters` of a request (https://cloud.google.com/bigquery/docs/reference/rest/v2/QueryParameter). */
export function queryParametersOf(params: QueryParams) {
  return Object.entries(params).map(([name, value]) => ({ name, ...parameterOf(value) }));
}

function parameterOf(value: QueryParams[string]) {
  if (typeof value === "string") return scalar("STRING", value);
  if (typeof value === "number") return scalar("INT64", String(value));
  if (value instanceof Date) return scalar("TIMESTAMP", value.toISOString());
  return {
    parameterType: { type: "ARRAY", arrayType: { type: "STRING" } },
    parameterValue: { arrayValues: value.map((item) => ({ value: item })) },
  };
}

function scalar(type: string, value: string) {
  return { parameterType: { type }, parameterValue: { value } };
}

/** The statement over `dataset`, which takes the place of `tintype.` in its text. */
export function inDataset(sql: string, dataset: string): string {
  return sql.replaceAll("tintype.", `${dataset}.`);
}

/** What statements over many images take: their ids, and the span of T0 that holds them; there must be one image. */
export function paramsOfImages(imageIds: readonly ImageId[]) {
  const t0s = imageIds.map(t0OfImageId);
  return {
    image_ids: imageIds,
    from_t0: new Date(Math.min(...t0s)),
    to_t0: new Date(Math.max(...t0s)),
  };
}
