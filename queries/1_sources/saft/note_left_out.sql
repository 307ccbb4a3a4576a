/*---
note: Payments that are no receipt of a customer, or not set against one document
---*/
with documents as (
    select
        *,
        case
            when customer_id is null and supplier_id is not null then 'made to supplier ' || supplier_id
            when kind = 'invoice' and coalesce(type, '') not in ('FR', 'FS', 'VD', 'TV')
                then paid || ' paid by a document of type ' || coalesce(type, 'none') || ', which is no receipt'
            when upper(status) = 'A' then 'cancelled: set against nothing'
        end as left_out
    from saft_payments
)

select
    company_id || '/' || payment_no as subject,
    left_out as note
from documents
where left_out is not null
union all
select
    company_id || '/' || payment_no as subject,
    'line ' || position || ' of ' || coalesce(amount, 'nothing') || ' names ' || invoice_no || ', ' || more as note
from saft_payment_lines
where more is not null
order by subject, note
