/*---
tie_out: Items of each billing document against its header
---*/
with summed as (
    select
        invoice_id,
        sum(net_amount) as net,
        sum(coalesce(tax_amount, 0)) as tax
    from loaded_invoice_lines
    group by invoice_id
),

compared as (
    select
        invoice.invoice_id,
        invoice.entity_id,
        'NETWR' as what,
        invoice.currency,
        invoice.net_amount as stated,
        coalesce(summed.net, 0) as found
    from loaded_invoices as invoice
    inner join vbrk on invoice._source = vbrk._source and invoice._row = vbrk._row
    left join summed on invoice.invoice_id = summed.invoice_id
    where plain_value(vbrk.vbtyp) not in ('3', '4')
    union all
    select
        invoice.invoice_id,
        invoice.entity_id,
        'MWSBK' as what,
        invoice.currency,
        invoice.tax_amount as stated,
        coalesce(summed.tax, 0) as found
    from loaded_invoices as invoice
    inner join vbrk on invoice._source = vbrk._source and invoice._row = vbrk._row
    left join summed on invoice.invoice_id = summed.invoice_id
    where plain_value(vbrk.vbtyp) not in ('3', '4')
),

told as (
    select
        *,
        case when stated = found then 'company code ' || entity_id else invoice_id end as subject
    from compared
)

select
    subject,
    what || case
        when min(invoice_id) = subject then ''
        else ' of the ' || cast(count(*) as varchar) || ' documents that add up'
    end as what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from told
group by subject, what, currency
