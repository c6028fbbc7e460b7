-- The newest attempt at each image of the days whose partitions are kept; an image that has an erased row is not there.
-- The tenant belongs to the key, as a client may choose its image's id. Synthetic images, which watch the system, are not there.
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
