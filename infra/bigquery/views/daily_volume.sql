-- Images and bytes for each day of T0 (UTC), tenant, source and status.
SELECT
  DATE(t0) AS day,
  tenant,
  source,
  status,
  COUNT(*) AS images,
  SUM(bytes) AS bytes,
  SUM(rendition_bytes) AS rendition_bytes
FROM tintype.images_current
GROUP BY day, tenant, source, status
