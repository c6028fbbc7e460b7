-- Each objective hour by hour (UTC): events, bad events, and the p95 for accepted_to_ready.
SELECT
  objective,
  TIMESTAMP_TRUNC(happened_at, HOUR) AS hour,
  MAX(target) AS target,
  COUNT(*) AS events,
  COUNTIF(NOT is_good) AS bad,
  COUNTIF(is_good) / COUNT(*) AS good_ratio,
  COUNTIF(is_good) / COUNT(*) >= MAX(target) AS is_met,
  APPROX_QUANTILES(ms, 100)[OFFSET(95)] AS p95_ms
FROM tintype.slo_events
GROUP BY objective, hour
