/*---
note: Documents whose status differs from file to file, the latest of which was taken
---*/
with states as (
    select
        company_id,
        invoice_no as number,
        content,
        coalesce(status, 'none') as status,
        _source
    from saft_invoices
    union all
    select
        company_id,
        payment_no as number,
        content,
        coalesce(status, 'none') as status,
        _source
    from saft_payments
    where kind = 'payment'
)

select
    company_id || '/' || number as subject,
    string_agg(status || ' in ' || _source, ', ' order by _source, status) as note
from states
group by company_id, number, content
having count(distinct status) > 1
order by subject
