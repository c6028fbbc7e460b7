-- Ready images for each day of T0 (UTC), tenant, media type and camera. Words come from vocabularies, never from a file.
SELECT
  DATE(t0) AS day,
  tenant,
  media_type,
  COALESCE(camera_make, 'none') AS camera_make,
  COALESCE(camera_model, 'none') AS camera_model,
  COUNT(*) AS images,
  SUM(bytes) AS bytes,
  AVG(megapixels) AS mean_megapixels,
  COUNTIF(has_gps) AS with_gps,
  COUNTIF(hdr) AS hdr,
  COUNTIF(provenance = 'present') AS with_credentials,
  COUNTIF(ai_generated) AS ai_generated,
  COUNTIF(sharpness < 100) AS blurred
FROM tintype.images_current
WHERE status = 'ready'
GROUP BY 1, 2, 3, 4, 5
