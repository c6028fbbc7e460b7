-- How many images came in on each day, by each source?
-- maximum_bytes_billed: 10737418240
SELECT day, source, SUM(images) AS images, ROUND(SUM(bytes) / 1048576, 1) AS mib
FROM tintype.daily_volume
GROUP BY day, source
ORDER BY day, source
