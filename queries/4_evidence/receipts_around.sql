/*---
query: receipts_around
what: >
  Receipts of a customer and those of others that its applications name. Reads the session's own receipts and
  applications.
---*/
with others as (
    select application.receipt_id
    from applications as application
    left join own_receipts as own on application.receipt_id = own.receipt_id
    where application.receipt_id is not null and own.receipt_id is null
)

select * from own_receipts
union all
select *
from receipts
where receipt_id in (select others.receipt_id from others)
