-- Percentiles of the milliseconds that ready images spent in each stage, for each day of T0 (UTC) and source.
-- An owner waits for accepted_to_ready: from the raw object's creation to the row.
SELECT
  DATE(image.t0) AS day,
  image.source,
  timing.step,
  timing.stage,
  COUNT(*) AS images,
  APPROX_QUANTILES(timing.ms, 100)[OFFSET(50)] AS p50_ms,
  APPROX_QUANTILES(timing.ms, 100)[OFFSET(90)] AS p90_ms,
  APPROX_QUANTILES(timing.ms, 100)[OFFSET(95)] AS p95_ms,
  APPROX_QUANTILES(timing.ms, 100)[OFFSET(99)] AS p99_ms,
  MAX(timing.ms) AS max_ms
FROM tintype.images_current AS image
CROSS JOIN UNNEST([
  STRUCT(1 AS step, 'queue' AS stage, image.queue_ms AS ms),
  STRUCT(2 AS step, 'fetch' AS stage, image.fetch_ms AS ms),
  STRUCT(3 AS step, 'probe' AS stage, image.probe_ms AS ms),
  STRUCT(4 AS step, 'decode' AS stage, image.decode_ms AS ms),
  STRUCT(5 AS step, 'renditions' AS stage, image.renditions_ms AS ms),
  STRUCT(6 AS step, 'insights' AS stage, image.insights_ms AS ms),
  STRUCT(7 AS step, 'store' AS stage, image.store_ms AS ms),
  STRUCT(8 AS step, 'total' AS stage, image.total_ms AS ms),
  STRUCT(9 AS step, 'accepted_to_ready' AS stage, image.queue_ms + image.total_ms AS ms)
]) AS timing
WHERE image.status = 'ready' AND timing.ms IS NOT NULL
GROUP BY day, image.source, timing.step, timing.stage
