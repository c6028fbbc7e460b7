-- Images for each hour of T0 (UTC), source and tenant, and how they ended.
SELECT
  TIMESTAMP_TRUNC(t0, HOUR) AS hour,
  source,
  tenant,
  COUNT(*) AS images,
  COUNT(DISTINCT owner) AS owners,
  SUM(bytes) AS bytes,
  COUNTIF(status = 'ready') AS ready,
  COUNTIF(status = 'rejected') AS rejected,
  COUNTIF(status = 'failed') AS failed
FROM tintype.images_current
GROUP BY hour, source, tenant
