-- What each tenant's images of a day of T0 (UTC) take and about what they cost for their retention period, in US dollars.
-- Prices are those of infra/cost/prices.json for the profile economical: raw images in one region, the rest in two. Processing,
-- egress, reads by clients and discounts are not in it: see docs/cost.md.
WITH prices AS (
  SELECT
    -- For a GiB and 30 days in one region, in two, and once for the second.
    0.02 AS region_month,
    0.044 AS pair_month,
    0.02 AS replication,
    -- For 1,000 writes in one region, in two, and 1,000 reads of objects.
    0.005 AS class_a_region,
    0.01 AS class_a_pair,
    0.0004 AS class_b,
    -- For a TiB of records that become rows.
    50 AS row_bytes
),
kept AS (
  SELECT
    DATE(t0) AS day,
    tenant,
    COUNT(*) AS images,
    SUM(bytes) AS raw_bytes,
    SUM(rendition_bytes) AS rendition_bytes,
    (SUM(bytes) + COALESCE(SUM(rendition_bytes), 0)) / 1000000000 AS stored_gb,
    SUM(bytes) / 1073741824 AS raw_gib,
    COALESCE(SUM(rendition_bytes), 0) / 1073741824 AS rendition_gib,
    -- The manifest and each rendition are written once, and the raw object.
    COUNT(*) + COALESCE(SUM(ARRAY_LENGTH(renditions)), 0) AS pair_writes,
    -- Header, body, manifest and erasure request are read once.
    COUNT(*) * 4 AS reads,
    -- A record has about 2,000 bytes.
    COUNT(*) * 2000 / 1099511627776 AS record_tib
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
    raw_gib * prices.region_month * 7 /* days kept */ / 30 +
      rendition_gib * (prices.pair_month * 7 / 30 + prices.replication) AS storage_usd,
    (images * prices.class_a_region + pair_writes * prices.class_a_pair + reads * prices.class_b) /
      1000 AS operations_usd,
    record_tib * prices.row_bytes AS rows_usd
  FROM kept
  CROSS JOIN prices
)
SELECT
  *,
  storage_usd + operations_usd + rows_usd AS total_usd,
  (storage_usd + operations_usd + rows_usd) * 1000000 / images AS usd_per_million
FROM priced
