-- What was refused, where and why, for each day of T0 (UTC), tenant and source. Every refusal of the Kafka source is a row.
-- Most refusals of the edge (413, 415, 422, 429) come before there is an image: they are in its request log, and in no row.
SELECT
  DATE(t0) AS day,
  tenant,
  source,
  IF(owner IS NULL, 'source', 'processing') AS refused_by,
  status,
  reason,
  CASE reason
    WHEN 'too_large' THEN 413
    WHEN 'unsupported_type' THEN 415
    WHEN 'quota_exceeded' THEN 429
    WHEN 'rate_limited' THEN 429
    WHEN 'dead_lettered' THEN 503
    ELSE 422
  END AS http_status,
  COUNT(*) AS images,
  SUM(bytes) AS bytes,
  SUM(COALESCE(attempt, 1)) AS attempts
FROM tintype.images_current
WHERE status IN ('rejected', 'failed')
GROUP BY day, tenant, source, refused_by, status, reason, http_status
