-- What each tenant's images of a day of T0 (UTC) take and cost in US dollars, estimated for the profile economical without a
-- CDN. Storage, writes, rows and CPU follow from the rows, bytes to clients from the renditions' size. The rest is the mean
-- image's at a million a day. Prices come from infra/cost (`deno task cost`); docs/cost.md has the whole bill.
WITH prices AS (
  SELECT
    -- For a GiB and 30 days in one region, in two, and once for the second.
    0.02 /* price storage.region */ AS region_month,
    0.044 /* price storage.pair */ AS pair_month,
    0.02 /* price storage.replication */ AS replication,
    -- For 1,000 writes in one region, in two, and 1,000 reads of objects.
    0.005 /* price class_a.region */ AS class_a_region,
    0.01 /* price class_a.pair */ AS class_a_pair,
    0.0004 /* price class_b */ AS class_b,
    -- For a TiB of records that become rows.
    50 /* price pubsub.bigquery */ AS row_bytes,
    -- For a second of CPU with its memory, idle time in it.
    0.00004625 /* mean second of CPU */ AS cpu_second,
    -- For a GiB to the internet.
    0.1172189064 /* mean egress of a GiB */ AS egress,
    -- For an image: requests, messages, logs, statements, lists, the bridge.
    CAST(0.000030976 /* mean rest of an image */ AS FLOAT64) AS rest
),
kept AS (
  SELECT
    DATE(t0) AS day,
    tenant,
    COUNT(*) AS images,
    SUM(bytes) AS raw_bytes,
    SUM(rendition_bytes) AS rendition_bytes,
    (SUM(bytes) + COALESCE(SUM(rendition_bytes), 0)) / 1000000000 AS stored_gb,
    COALESCE(SUM(bytes), 0) / 1073741824 AS raw_gib,
    COALESCE(SUM(rendition_bytes), 0) / 1073741824 AS rendition_gib,
    -- The manifest and each rendition are written once, and the raw object.
    COUNT(*) + COALESCE(SUM(ARRAY_LENGTH(renditions)), 0) AS pair_writes,
    -- The processor reads the raw object once, clients the manifest three times.
    COUNT(*) * 4 AS reads,
    COUNT(*) * 2000 /* mean record in bytes */ / 1099511627776 AS record_tib,
    SUM(COALESCE(decode_ms, 0) + COALESCE(renditions_ms, 0) + COALESCE(insights_ms, 0)) / 1000 AS cpu_seconds,
    COALESCE(SUM(rendition_bytes), 0) * 1.1904761905 /* mean bytes fetched of a byte */ / 1073741824 AS fetched_gib
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
    record_tib * prices.row_bytes AS rows_usd,
    cpu_seconds * prices.cpu_second AS processing_usd,
    fetched_gib * prices.egress AS egress_usd,
    images * prices.rest AS rest_usd
  FROM kept
  CROSS JOIN prices
)
SELECT
  *,
  storage_usd + operations_usd + rows_usd + processing_usd + egress_usd + rest_usd AS total_usd,
  (storage_usd + operations_usd + rows_usd + processing_usd + egress_usd + rest_usd) * 1000000 / images
    AS usd_per_million
FROM priced
