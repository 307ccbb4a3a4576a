/*---
query: topic_documents
what: Documents by id, with the fields in which two of them may differ.
---*/
select
    invoice_id,
    invoice_number,
    series,
    kind,
    status,
    entity_id,
    customer_id,
    contract_id,
    order_id,
    purchase_order,
    invoice_date,
    due_date,
    posted_on,
    period_from,
    period_to,
    currency,
    net_amount,
    tax_amount,
    gross_amount,
    origin,
    reason_code,
    created_by,
    created_at,
    approved_by,
    _source,
    _row
from invoices
where invoice_id in (select unnest($ids))
order by invoice_date, invoice_id
