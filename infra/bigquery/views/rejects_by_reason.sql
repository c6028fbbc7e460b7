-- Images that were rejected or failed, for each day of T0 (UTC), tenant, source and reason.
SELECT
  DATE(t0) AS day,
  tenant,
  source,
  status,
  reason,
  media_type,
  COUNT(*) AS images,
  SUM(bytes) AS bytes
FROM tintype.images_current
WHERE status IN ('rejected', 'failed')
GROUP BY day, tenant, source, status, reason, media_type
