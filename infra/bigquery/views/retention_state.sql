-- What BigQuery still holds of each day of T0 (UTC) and tenant, and when its purge is due: one retention period after T0.
-- Every row counts, also those of earlier attempts and erased images. A row is overdue 15 minutes past its time.
SELECT
  DATE(t0) AS day,
  tenant,
  COUNT(DISTINCT image_id) AS images,
  COUNT(*) AS held_rows,
  MIN(t0) AS oldest_t0,
  MAX(t0) AS newest_t0,
  TIMESTAMP_ADD(MIN(t0), INTERVAL 7 DAY /* period */) AS purge_from,
  TIMESTAMP_ADD(MAX(t0), INTERVAL 7 DAY /* period */) AS purge_until,
  (
    UNIX_MILLIS(TIMESTAMP_ADD(MIN(t0), INTERVAL 7 DAY /* period */)) - UNIX_MILLIS(CURRENT_TIMESTAMP())
  ) / 3600000.0 AS hours_left,
  COUNTIF(
    t0 < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 605700000 MILLISECOND /* period and grace */)
  ) AS overdue_rows
FROM tintype.images
WHERE t0 >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY /* partitions */)
GROUP BY day, tenant
