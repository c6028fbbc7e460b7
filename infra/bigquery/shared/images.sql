-- In the shared views this takes the place of the table images: rows of the tenants that tenant_access names for the caller,
-- by e-mail address or by its domain. The tenant * stands for all of them.
SELECT *
FROM tintype.images
WHERE t0 >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY /* partitions */)
  AND (
    tenant IN (
      SELECT access.tenant
      FROM tintype.tenant_access AS access
      WHERE access.principal IN (SESSION_USER(), REGEXP_EXTRACT(SESSION_USER(), r'[^@]+$'))
    )
    OR '*' IN (
      SELECT access.tenant
      FROM tintype.tenant_access AS access
      WHERE access.principal IN (SESSION_USER(), REGEXP_EXTRACT(SESSION_USER(), r'[^@]+$'))
    )
  )
