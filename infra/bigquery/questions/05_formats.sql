-- Which formats come in, and how large are they?
-- maximum_bytes_billed: 10737418240
SELECT
  media_type,
  SUM(images) AS images,
  ROUND(SUM(bytes) / SUM(images) / 1048576, 2) AS mean_mib,
  ROUND(SUM(mean_megapixels * images) / SUM(images), 1) AS mean_megapixels
FROM tintype.formats_and_devices
GROUP BY media_type
ORDER BY images DESC, media_type
