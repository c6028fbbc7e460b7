-- In the shared views this takes the place of the table purges, whose rows count all tenants' copies: for callers of all tenants.
SELECT *
FROM tintype.purges
WHERE swept_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 8 DAY /* partitions */)
  AND '*' IN (
    SELECT access.tenant
    FROM tintype.tenant_access AS access
    WHERE access.principal IN (SESSION_USER(), REGEXP_EXTRACT(SESSION_USER(), r'[^@]+$'))
  )
