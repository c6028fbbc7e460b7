/** A synthetic image that the stable revision has processed. */
export interface SyntheticImage {
  readonly image_id: string;
  /** Of its raw object. */
  readonly name: string;
  readonly generation: string;
}

/** How many images of a revision came to an outcome, as bq prints it. */
export interface OutcomeRow {
  readonly revision: string;
  readonly outcome: string;
  readonly images: string;
  readonly p50_ms: string;
  readonly p95_ms: string;
}

const REVISION = "SPLIT(processor_version, '+')[SAFE_OFFSET(1)]";
const ENDED = "status IN ('ready', 'rejected', 'failed')";

/** The newest synthetic images that are ready and that the new revision has not touched, with the names of their raw objects. */
export function syntheticSql(newest: string, limit: number): string {
  return [
    "SELECT image_id, CAST(generation AS STRING) AS generation,",
    "CONCAT(SUBSTR(owner, 1, 1), '/', FORMAT_TIMESTAMP('%F', t0), '/', tenant, '/', owner, '/', image_id) AS name",
    "FROM tintype.images",
    "WHERE t0 >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 6 DAY) AND tenant = 'synthetic'",
    "QUALIFY ROW_NUMBER() OVER (PARTITION BY image_id ORDER BY processed_at DESC) = 1",
    `AND status = 'ready' AND ${REVISION} != '${newest}'`,
    `ORDER BY t0 DESC LIMIT ${limit}`,
  ].join(" ");
}

/** Outcomes by revision: of the synthetic images that were sent, whenever they ended, else of everybody's since a time. */
export function figuresSql(
  { newest, stable }: { readonly newest: string; readonly stable: string },
  since: string,
  sent: readonly SyntheticImage[],
): string {
  const ids = sent.map(({ image_id }) => `'${image_id}'`).join(", ");
  const which = sent.length === 0
    ? `processed_at >= TIMESTAMP '${since}' AND tenant IS DISTINCT FROM 'synthetic'`
    : `image_id IN (${ids})`;
  return [
    `SELECT ${REVISION} AS revision, IF(status = 'rejected', reason, status) AS outcome, COUNT(*) AS images,`,
    "APPROX_QUANTILES(total_ms, 100)[OFFSET(50)] AS p50_ms,",
    "APPROX_QUANTILES(total_ms, 100)[OFFSET(95)] AS p95_ms",
    "FROM tintype.images",
    `WHERE t0 >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY) AND ${which} AND ${ENDED}`,
    `AND ${REVISION} IN ('${newest}', '${stable}') GROUP BY revision, outcome`,
  ].join(" ");
}
