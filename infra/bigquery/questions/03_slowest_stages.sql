-- Which stages take the time of an image that came in by the edge today?
-- maximum_bytes_billed: 10737418240
SELECT step, stage, images, p50_ms, p95_ms, max_ms
FROM tintype.latency_by_stage
WHERE day = DATE(CURRENT_TIMESTAMP()) AND source = 'edge'
ORDER BY step
