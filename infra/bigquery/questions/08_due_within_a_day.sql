-- What is purged within the next day, and is anything overdue?
-- maximum_bytes_billed: 10737418240
SELECT
  tenant,
  day,
  images,
  held_rows,
  purge_from,
  ROUND(hours_left, 1) AS hours_left,
  overdue_rows
FROM tintype.retention_state
WHERE hours_left < 24
ORDER BY tenant, day
