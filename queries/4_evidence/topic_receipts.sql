/*---
query: topic_receipts
what: Receipts by id, with the fields in which two of them may differ.
---*/
select
    receipt_id,
    customer_id,
    entity_id,
    received_on,
    posted_on,
    currency,
    amount,
    method,
    reference,
    bank_reference,
    status,
    _source,
    _row
from receipts
where receipt_id in (select unnest($ids))
order by received_on, receipt_id
