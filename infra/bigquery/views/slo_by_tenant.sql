-- Each objective for each tenant and day (UTC): events, bad events, and whether it is met.
SELECT
  objective,
  tenant,
  DATE(happened_at) AS day,
  MAX(target) AS target,
  COUNT(*) AS events,
  COUNTIF(NOT is_good) AS bad,
  COUNTIF(is_good) / COUNT(*) AS good_ratio,
  COUNTIF(is_good) / COUNT(*) >= MAX(target) AS is_met
FROM tintype.slo_events
WHERE objective <> 'purge_on_time'
GROUP BY objective, tenant, day
