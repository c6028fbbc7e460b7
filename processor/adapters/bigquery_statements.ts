/**
 * The keeper's and the operators' SQL, as BigQuery's with named parameters. Translations for the local BigQuery are
 * generated from these very texts. Every statement carries the partition (`t0`, or `swept_at`) so that it reads no more
 * than it must.
 */
export const STATEMENTS = {
  held_attempts: `SELECT DISTINCT
  image_id, tenant, owner, CAST(generation AS STRING) AS generation, attempt, status
FROM tintype.images
WHERE t0 BETWEEN @from_t0 AND @to_t0 AND image_id IN UNNEST(@image_ids) AND owner IS NOT NULL`,
  /** As the view `images_current` has them, but for reasons whose raw object is removed at once. A filter that is '' lets everything through. */
  replayable_images: `SELECT
  tenant, owner, image_id, CAST(generation AS STRING) AS generation, COUNT(*) OVER () AS images
FROM (
  SELECT tenant, owner, image_id, t0, generation, source, status, reason, media_type, processor_version, processed_at
  FROM tintype.images
  WHERE t0 >= @from_t0 AND t0 < @to_t0 AND tenant IS DISTINCT FROM 'synthetic'
  QUALIFY
    COUNTIF(status = 'erased') OVER (PARTITION BY tenant, image_id) = 0
    AND ROW_NUMBER() OVER (
      PARTITION BY tenant, image_id
      ORDER BY processed_at DESC, attempt DESC
    ) = 1
)
WHERE owner IS NOT NULL AND generation IS NOT NULL AND processed_at < @before
  AND COALESCE(reason, '') NOT IN ('declared_mismatch', 'too_large')
  AND (@version = '' OR processor_version IS DISTINCT FROM @version)
  AND @tenant IN ('', tenant) AND @source IN ('', source) AND @status IN ('', status)
  AND @reason IN ('', reason) AND @media_type IN ('', media_type)
ORDER BY t0, tenant, image_id
LIMIT @max`,
  /** A refusal's T0 is its own time, which is later than the one in its id. */
  image_history: `SELECT DISTINCT
  image_id, tenant, owner, source, CAST(generation AS STRING) AS generation, attempt, status, reason,
  processed_at, processor_version
FROM tintype.images
WHERE t0 BETWEEN @from_t0 AND @to_t0 AND ENDS_WITH(image_id, @id_end)
ORDER BY processed_at
LIMIT 1000`,
  person_rows: `SELECT image_id, TO_JSON_STRING(image) AS row_json
FROM tintype.images AS image
WHERE t0 BETWEEN @from_t0 AND @to_t0 AND image_id IN UNNEST(@image_ids) AND tenant = @tenant
ORDER BY image_id, processed_at, attempt`,
  purge_images: `DELETE FROM tintype.images
WHERE t0 <= @t0`,
  census_images: `SELECT COUNT(*) AS row_count, MIN(t0) AS oldest_t0, COUNTIF(t0 < @t0) AS overdue
FROM tintype.images
WHERE t0 >= TIMESTAMP '1970-01-01 00:00:00+00'`,
  tombstones: `SELECT DISTINCT image_id
FROM tintype.images
WHERE t0 BETWEEN @from_t0 AND @to_t0 AND image_id IN UNNEST(@image_ids) AND status = 'erased'`,
  /** One statement however many images were erased: BigQuery runs two changes of a table at a time and queues twenty. */
  remove_erased: `DELETE FROM tintype.images
WHERE t0 >= @from_t0 AND processed_at <= @settled_at AND status != 'erased'
  AND CONCAT(tenant, '/', image_id) IN (
    SELECT CONCAT(tenant, '/', image_id) FROM tintype.images
    WHERE t0 >= @from_t0 AND status = 'erased'
  )`,
  /** Reads two narrow columns; what follows then reads the days alone in which anything failed. */
  failed_span: `SELECT MIN(t0) AS from_t0, MAX(t0) AS to_t0
FROM tintype.images
WHERE t0 >= @from_t0 AND status = 'failed'`,
  /** Each manifest that says `failed` has a time of its own; its record may be there twice. */
  failed_images: `SELECT
  tenant, ANY_VALUE(owner) AS owner, image_id,
  CAST(MAX(IF(status = 'failed', generation, NULL)) AS STRING) AS generation,
  COUNT(DISTINCT IF(status = 'failed', processed_at, NULL)) AS failures,
  MAX(processed_at) AS failed_at
FROM tintype.images
WHERE t0 BETWEEN @from_t0 AND @to_t0
GROUP BY tenant, image_id
HAVING COUNTIF(status = 'erased') = 0
  AND MAX(IF(status = 'failed', processed_at, NULL)) = MAX(processed_at)`,
  newest_certificate: `SELECT MAX(certificate) AS newest
FROM tintype.purges
WHERE swept_at >= TIMESTAMP '1970-01-01 00:00:00+00'`,
  grant_tenant: `INSERT INTO tintype.tenant_access (principal, tenant, granted_at)
SELECT @principal, @tenant, CURRENT_TIMESTAMP()
FROM UNNEST([1])
WHERE NOT EXISTS (
  SELECT 1 FROM tintype.tenant_access WHERE principal = @principal AND tenant = @tenant
)`,
  /** Without a tenant: all that the principal has. */
  revoke_tenant: `DELETE FROM tintype.tenant_access
WHERE principal = @principal AND @tenant IN ('', tenant)`,
  tenant_access: `SELECT principal, tenant, granted_at
FROM tintype.tenant_access
WHERE @principal IN ('', principal)
ORDER BY principal, tenant`,
} as const;

/** The name of a statement. */
export type StatementName = keyof typeof STATEMENTS;
