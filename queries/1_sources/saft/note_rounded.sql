/*---
note: Documents with amounts of more than four decimals, which were rounded
---*/
with amounts as (
    select
        company_id,
        invoice_no as number,
        amount
    from saft_invoice_lines
    union all
    select
        company_id,
        invoice_no as number,
        net as amount
    from saft_invoices
    union all
    select
        company_id,
        invoice_no as number,
        gross as amount
    from saft_invoices
    union all
    select
        company_id,
        payment_no as number,
        amount
    from saft_payment_lines
)

select
    company_id || '/' || number as subject,
    cast(count(*) as varchar) || case count(*) when 1 then ' amount, ' else ' amounts, ' end || min(amount) as note
from amounts
where regexp_matches(amount, '\.[0-9]{4}[0-9]*[1-9]')
group by company_id, number
order by subject
