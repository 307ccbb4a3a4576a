/*---
note: Documents that are not called or counted as their class says
---*/
with classes as (
    select
        plain_value(customer_trx_id) as invoice_id,
        max(plain_value(class)) as class
    from ar_payment_schedules_all
    where plain_value(customer_trx_id) is not null
    group by plain_value(customer_trx_id)
)

select
    invoice.invoice_id as subject,
    coalesce(classes.class, 'no class') || ' ' || invoice.invoice_number || ' of '
    || cast(invoice.gross_amount as varchar)
    || ' taken as ' || replace(invoice.kind, '_', ' ') || ', ' || invoice.status as note
from loaded_invoices as invoice
left join classes on invoice.invoice_id = classes.invoice_id
where
    classes.class in ('DEP', 'GUAR', 'BR')
    or classes.class = 'CM' and invoice.kind <> 'credit_memo'
    or classes.class <> 'CM' and invoice.kind = 'credit_memo'
    or classes.class is null and invoice.status = 'issued'
order by invoice.invoice_id
