-- How long does an owner wait from the accepted upload to the ready image?
-- maximum_bytes_billed: 10737418240
SELECT day, source, images, p50_ms, p95_ms, p99_ms
FROM tintype.latency_by_stage
WHERE stage = 'accepted_to_ready'
ORDER BY day, source
