/** The JSON API's path of a bucket's objects, or of one of them. */
export function jsonPath(bucket: string, object?: string): string {
  const objects = `/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  return object === undefined ? objects : `${objects}/${encodeURIComponent(object)}`;
}

/** The JSON API's path of a bucket's uploads. */
export function uploadPath(bucket: string): string {
  return `/upload${jsonPath(bucket)}`;
}
