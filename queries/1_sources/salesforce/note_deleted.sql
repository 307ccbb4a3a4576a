/*---
note: Objects with deleted records, which were left out
---*/
with records as (
    select
        'Account' as name,
        isdeleted
    from account
    union all
    select
        'Product2' as name,
        isdeleted
    from product
    union all
    select
        'PricebookEntry' as name,
        isdeleted
    from pricebook_entry
    union all
    select
        'Contract' as name,
        isdeleted
    from contract
    union all
    select
        'SBQQ__Subscription__c' as name,
        isdeleted
    from subscription
    union all
    select
        'Order' as name,
        isdeleted
    from sales_order
    union all
    select
        'OrderItem' as name,
        isdeleted
    from order_item
    union all
    select
        'quotes' as name,
        isdeleted
    from quote
    union all
    select
        'quote lines' as name,
        isdeleted
    from quote_line
    union all
    select
        'approvals' as name,
        isdeleted
    from approval
    union all
    select
        'approval processes' as name,
        isdeleted
    from approval_process
    union all
    select
        'Case' as name,
        isdeleted
    from support_case
    union all
    select
        'promises to pay' as name,
        isdeleted
    from payment_promise
)

select
    name as subject,
    cast(count(*) as varchar) || ' deleted' as note
from records
where read_bool(plain_value(isdeleted))
group by name
order by name
