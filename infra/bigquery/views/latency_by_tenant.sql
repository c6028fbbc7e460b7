-- How long owners wait, for each day of T0 (UTC), tenant and source: from the raw object's creation to the row.
SELECT
  DATE(t0) AS day,
  tenant,
  source,
  COUNT(*) AS images,
  APPROX_QUANTILES(queue_ms + total_ms, 100)[OFFSET(50)] AS p50_ms,
  APPROX_QUANTILES(queue_ms + total_ms, 100)[OFFSET(95)] AS p95_ms,
  APPROX_QUANTILES(queue_ms + total_ms, 100)[OFFSET(99)] AS p99_ms,
  MAX(queue_ms + total_ms) AS max_ms
FROM tintype.images_current
WHERE status = 'ready' AND queue_ms + total_ms IS NOT NULL
GROUP BY day, tenant, source
