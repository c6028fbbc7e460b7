-- Which cameras send blurred pictures, and how many carry a place?
-- maximum_bytes_billed: 10737418240
SELECT
  camera_make,
  camera_model,
  SUM(images) AS images,
  ROUND(100 * SUM(blurred) / SUM(images), 1) AS blurred_percent,
  ROUND(100 * SUM(with_gps) / SUM(images), 1) AS with_gps_percent
FROM tintype.formats_and_devices
WHERE camera_make <> 'none'
GROUP BY camera_make, camera_model
ORDER BY images DESC, camera_make, camera_model
LIMIT 10
