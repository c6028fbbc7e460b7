-- The newest attempt at each image of the days whose partitions are kept, by tenant and image id, as clients may choose ids.
-- Erased images are left out, and so are the synthetic images that monitor the system.
SELECT *
FROM tintype.images
WHERE t0 >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY /* partitions */)
  AND tenant IS DISTINCT FROM 'synthetic'
QUALIFY
  COUNTIF(status = 'erased') OVER (PARTITION BY tenant, image_id) = 0
  AND ROW_NUMBER() OVER (
    PARTITION BY tenant, image_id
    ORDER BY processed_at DESC, attempt DESC
  ) = 1
