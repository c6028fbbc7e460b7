-- Which objective burns its error budget, and how fast?
-- maximum_bytes_billed: 10737418240
SELECT
  objective,
  window_hours,
  target,
  events,
  bad,
  ROUND(burn_rate, 2) AS burn_rate,
  alert_at,
  is_burning
FROM tintype.slo_burn_rates
ORDER BY objective, window_hours
