/*---
note: Billing documents that are no receivables, loaded as drafts, by category
---*/
select
    case
        when plain_value(vbrk.vbtyp) = 'U' then 'U, pro forma invoice'
        when plain_value(vbrk.vbtyp) = '3' then '3, invoice list'
        when plain_value(vbrk.vbtyp) = '4' then '4, credit memo list'
        when plain_value(vbrk.fktyp) = 'P' then 'billing category P, down payment request'
        else 'not finished (DRAFT)'
    end as subject,
    cast(count(*) as varchar) || ' documents' as note
from loaded_invoices as invoice
inner join vbrk on invoice._source = vbrk._source and invoice._row = vbrk._row
where invoice.status = 'draft'
group by subject
order by subject
