/*---
query: customer_exposure
what: What a customer owes or will owe, per currency; open invoices as VAL-05 counts them. Reads the account's own rows.
---*/
with parts as (
    select
        currency,
        open_amount,
        cast(0 as decimal(38, 4)) as unbilled_amount,
        cast(0 as decimal(38, 4)) as undelivered_amount
    from open_items
    where item_kind in ('invoice', 'debit_memo') and open_amount > 0
    union all
    select
        currency,
        cast(0 as decimal(38, 4)) as open_amount,
        unbilled_amount,
        undelivered_amount
    from account_orders
    where customer_id = $customer
)

select
    currency,
    sum(open_amount) as open_amount,
    sum(unbilled_amount) as unbilled_amount,
    sum(undelivered_amount) as undelivered_amount
from parts
group by currency
order by currency
