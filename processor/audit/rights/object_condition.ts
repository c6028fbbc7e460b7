const ONE = /^resource\.name == "projects\/_\/buckets\/([^/"]+)\/objects\/([^"]+)"$/;
const BELOW =
  /^resource\.name\.startsWith\("projects\/_\/buckets\/([^/"]+)\/objects\/([^"]+\/)"\)$/;

/**
 * `/days.json` or `/tenants/*` where a condition narrows a grant on a bucket to them, as the contract writes it. A condition of
 * another form, or of another bucket, is no right of the table: it stays as it is, behind a slash.
 */
export function objectsOf(bucket: string, expression: string): string {
  const [, oneBucket, one] = ONE.exec(expression) ?? [];
  if (oneBucket === bucket) return `/${one}`;
  const [, belowBucket, below] = BELOW.exec(expression) ?? [];
  return belowBucket === bucket ? `/${below}*` : `/${expression}`;
}
