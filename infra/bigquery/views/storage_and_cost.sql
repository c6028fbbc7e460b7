-- What each tenant's images of a day of T0 (UTC) take and about what they cost for their retention period, in US dollars.
-- Prices are those of infra/cost/prices.json. Processing, egress, reads by clients and discounts are not in it: see
-- docs/cost.md.
WITH prices AS (
  SELECT
    -- For a GB and 30 days.
    0.044 AS storage_month,
    -- For a GB, once.
    0.02 AS replication,
    -- For 1,000 writes and 1,000 reads of objects.
    0.01 AS class_a,
    0.0004 AS class_b,
    -- For a GB of rows.
    0.05 AS row_insert
),
kept AS (
  SELECT
    DATE(t0) AS day,
    tenant,
    COUNT(*) AS images,
    SUM(bytes) AS raw_bytes,
    SUM(rendition_bytes) AS rendition_bytes,
    (SUM(bytes) + COALESCE(SUM(rendition_bytes), 0)) / 1000000000 AS stored_gb,
    -- The raw object, the manifest and each rendition are written once.
    COUNT(*) * 2 + COALESCE(SUM(ARRAY_LENGTH(renditions)), 0) AS writes,
    -- Header, body, manifest and erasure request are read once.
    COUNT(*) * 4 AS reads,
    -- A row counts as 1 kB at least.
    COUNT(*) / 1000000 AS row_gb
  FROM tintype.images_current
  GROUP BY day, tenant
),
priced AS (
  SELECT
    day,
    tenant,
    images,
    raw_bytes,
    rendition_bytes,
    stored_gb,
    stored_gb * (prices.storage_month * 7 /* days kept */ / 30 + prices.replication) AS storage_usd,
    writes / 1000 * prices.class_a + reads / 1000 * prices.class_b AS operations_usd,
    row_gb * prices.row_insert AS rows_usd
  FROM kept
  CROSS JOIN prices
)
SELECT
  *,
  storage_usd + operations_usd + rows_usd AS total_usd,
  (storage_usd + operations_usd + rows_usd) * 1000000 / images AS usd_per_million
FROM priced
