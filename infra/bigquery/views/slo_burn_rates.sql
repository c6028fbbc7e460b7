-- How fast each objective burns its error budget: at 1, the budget lasts exactly for the objective's period of 30 days.
-- Windows and limits are those of the SRE Workbook, chapter "Alerting on SLOs".
SELECT
  event.objective,
  span.hours AS window_hours,
  MAX(event.target) AS target,
  COUNT(*) AS events,
  COUNTIF(NOT event.is_good) AS bad,
  COUNTIF(NOT event.is_good) / COUNT(*) / (1 - MAX(event.target)) AS burn_rate,
  MAX(span.alert_at) AS alert_at,
  COUNTIF(NOT event.is_good) / COUNT(*) / (1 - MAX(event.target)) >= MAX(span.alert_at) AS is_burning
FROM tintype.slo_events AS event
CROSS JOIN UNNEST([
  STRUCT(1 AS hours, CAST(14.4 AS FLOAT64) AS alert_at),
  STRUCT(6 AS hours, CAST(6 AS FLOAT64) AS alert_at),
  STRUCT(72 AS hours, CAST(1 AS FLOAT64) AS alert_at)
]) AS span
WHERE event.happened_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL span.hours HOUR)
GROUP BY event.objective, span.hours
