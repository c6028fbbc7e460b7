-- Copies of certificates that have served. Written from the retention policy by infra/retention/generate.ts.
DELETE FROM tintype.purges
WHERE swept_at <= TIMESTAMP_SUB(@run_time, INTERVAL 400 DAY)
