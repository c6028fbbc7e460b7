-- What does each tenant hold, and what do its images cost for their retention period?
-- maximum_bytes_billed: 10737418240
SELECT
  tenant,
  SUM(images) AS images,
  ROUND(SUM(stored_gb), 3) AS stored_gb,
  ROUND(SUM(total_usd), 6) AS total_usd,
  ROUND(SUM(total_usd) * 1000000 / SUM(images), 2) AS usd_per_million
FROM tintype.storage_and_cost
GROUP BY tenant
ORDER BY tenant
