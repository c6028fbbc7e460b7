-- What did the last sweep look at, and did it leave anything past its time?
-- maximum_bytes_billed: 1073741824
SELECT certificate, swept_at, store, evidence, oldest_t0, looked_at, deleted, overdue
FROM tintype.certificate_state
ORDER BY evidence DESC, store
