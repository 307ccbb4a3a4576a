/*---
query: invoices_around
what: >
  Documents of a customer and those of others that its applications or its order lines name. Reads the session's own
  documents, applications and invoice lines.
---*/
with met as (
    select invoice_id from applications
    union
    select credit_invoice_id as invoice_id from applications
    union
    select invoice_id from invoice_lines
),

others as (
    select met.invoice_id
    from met
    left join own_invoices as own on met.invoice_id = own.invoice_id
    where met.invoice_id is not null and own.invoice_id is null
)

select * from own_invoices
union all
select *
from invoices
where invoice_id in (select others.invoice_id from others)
