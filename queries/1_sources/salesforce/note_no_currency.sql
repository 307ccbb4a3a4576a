/*---
note: Objects whose records name no currency, as in an organisation with one; fields.yml can name it
---*/
with records as (
    select
        'Account' as name,
        currency
    from account
    union all
    select
        'PricebookEntry' as name,
        currency
    from pricebook_entry
    union all
    select
        'Contract' as name,
        currency
    from contract
    union all
    select
        'Order' as name,
        currency
    from sales_order
    union all
    select
        'Case' as name,
        currency
    from support_case
)

select
    name as subject,
    'records: ' || cast(count(*) as varchar) || '; those that need a currency are rejected' as note
from records
group by name
having count(plain_value(currency)) = 0
order by name
