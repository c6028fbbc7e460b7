/**
 * The processor's SQL, as BigQuery's with named parameters. Translations for the local BigQuery are generated from these
 * very texts. An image's key is (tenant, owner, image_id), as a client may choose its image's id; every statement
 * carries the partition (`t0`, or `swept_at`) so that it reads no more than it must.
 */
export const STATEMENTS = {
  /** By DML, as rows of a streaming insert could not be removed for a while. */
  hide_image: `INSERT INTO tintype.images
  (image_id, tenant, owner, t0, generation, attempt, status, processed_at)
SELECT @image_id, @tenant, @owner, @t0, 0, 0, 'erased', @processed_at
FROM UNNEST([1])
WHERE NOT EXISTS (
  SELECT 1 FROM tintype.images
  WHERE t0 = @t0 AND image_id = @image_id AND tenant = @tenant AND owner = @owner
    AND status = 'erased'
)`,
  remove_image: `DELETE FROM tintype.images
WHERE t0 = @t0 AND image_id = @image_id AND tenant = @tenant AND owner = @owner`,
  held_images: `SELECT DISTINCT image_id, tenant, owner
FROM tintype.images
WHERE t0 BETWEEN @from_t0 AND @to_t0 AND image_id IN UNNEST(@image_ids)`,
  held_attempts: `SELECT DISTINCT
  image_id, tenant, owner, CAST(generation AS STRING) AS generation, attempt, status
FROM tintype.images
WHERE t0 BETWEEN @from_t0 AND @to_t0 AND image_id IN UNNEST(@image_ids)`,
  purge_images: `DELETE FROM tintype.images
WHERE t0 <= @t0`,
  census_images: `SELECT COUNT(*) AS row_count, MIN(t0) AS oldest_t0, COUNTIF(t0 < @t0) AS overdue
FROM tintype.images
WHERE t0 >= TIMESTAMP '1970-01-01 00:00:00+00'`,
  newest_certificate: `SELECT MAX(certificate) AS newest
FROM tintype.purges
WHERE swept_at >= TIMESTAMP '1970-01-01 00:00:00+00'`,
  purge_purges: `DELETE FROM tintype.purges
WHERE swept_at <= @swept_at`,
} as const;

/** The name of a statement. */
export type StatementName = keyof typeof STATEMENTS;
