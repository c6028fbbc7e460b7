-- Why are images not ready, and how many in a thousand is each reason?
-- maximum_bytes_billed: 10737418240
SELECT
  status,
  reason,
  SUM(images) AS images,
  ROUND(1000 * SUM(images) / (SELECT SUM(images) FROM tintype.daily_volume), 1) AS in_a_thousand
FROM tintype.rejects_by_reason
GROUP BY status, reason
ORDER BY images DESC, reason
