/*---
query: documents_by_number
what: The documents that bear a number. Reads document_numbers, which a session keeps from its first such question on.
---*/
select
    invoice_id,
    invoice_number,
    kind,
    status,
    entity_id,
    customer_id,
    invoice_date,
    currency,
    gross_amount
from invoices
where
    invoice_id in (
        select numbered.invoice_id
        from document_numbers as numbered
        where numbered.number_bits = hash($name)
    )
    and invoice_number = $name
order by invoice_date, invoice_id
