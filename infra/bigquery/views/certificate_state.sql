-- The newest purge certificate of the same days as images: what it says of each store that can hold a copy.
SELECT
  certificate,
  swept_at,
  (UNIX_MILLIS(CURRENT_TIMESTAMP()) - UNIX_MILLIS(swept_at)) / 60000.0 AS minutes_ago,
  store,
  evidence,
  oldest_t0,
  looked_at,
  deleted,
  overdue
FROM tintype.purges
WHERE swept_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY /* partitions */)
QUALIFY
  certificate = MAX(certificate) OVER ()
  AND ROW_NUMBER() OVER (PARTITION BY certificate, store ORDER BY swept_at DESC) = 1
