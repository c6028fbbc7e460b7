-- Every event that a service level objective counts: its objective, its time, and whether it was good.
-- accepted_to_ready: 95 % of ready images within 10 s of the raw object's creation. success: 99.9 % of images do not
-- end as failed (rejected images count as good). purge_on_time: 99.9 % of sweeps leave nothing overdue.
SELECT
  'accepted_to_ready' AS objective,
  CAST(0.95 AS FLOAT64) AS target,
  processed_at AS happened_at,
  queue_ms + total_ms <= 10000 AS is_good,
  queue_ms + total_ms AS ms,
  tenant
FROM tintype.images_current
WHERE status = 'ready' AND queue_ms + total_ms IS NOT NULL
UNION ALL
SELECT 'success', 0.999, processed_at, status <> 'failed', NULL, tenant
FROM tintype.images_current
UNION ALL
SELECT 'purge_on_time', 0.999, MAX(swept_at), SUM(overdue) = 0, NULL, NULL
FROM tintype.purges
WHERE swept_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY /* partitions */)
GROUP BY certificate
