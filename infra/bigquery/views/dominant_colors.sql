-- How often a colour is among the five most striking of a ready image, for each day of T0 (UTC). Channels are rounded down
-- to 16 levels, so that similar colours count as one.
SELECT
  DATE(image.t0) AS day,
  CONCAT(
    '#',
    REPEAT(SUBSTR(shown.color, 2, 1), 2),
    REPEAT(SUBSTR(shown.color, 4, 1), 2),
    REPEAT(SUBSTR(shown.color, 6, 1), 2)
  ) AS color,
  COUNT(*) AS uses,
  COUNTIF(shown.place = 1) AS uses_as_first
FROM tintype.images_current AS image
CROSS JOIN UNNEST([
  STRUCT(1 AS place, image.dominant_color_1 AS color),
  STRUCT(2 AS place, image.dominant_color_2 AS color),
  STRUCT(3 AS place, image.dominant_color_3 AS color),
  STRUCT(4 AS place, image.dominant_color_4 AS color),
  STRUCT(5 AS place, image.dominant_color_5 AS color)
]) AS shown
WHERE image.status = 'ready' AND shown.color IS NOT NULL
GROUP BY day, color
