-- Rows whose T0 lies a whole period back. Written from the retention policy by infra/retention/generate.ts.
DELETE FROM tintype.images
WHERE t0 <= TIMESTAMP_SUB(@run_time, INTERVAL 604800000 MILLISECOND)
