/*---
query: receipts_named
what: Receipts by their receipt_id.
---*/
select *
from receipts
where receipt_id in (select unnest(cast($ids as varchar[])))
order by received_on, receipt_id
