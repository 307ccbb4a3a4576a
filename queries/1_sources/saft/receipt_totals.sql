/*---
tie_out: Receipts and their lines
---*/
with added as (
    select
        receipt_id,
        sum(amount) as amount
    from loaded_applications
    group by receipt_id
),

receipts as (
    select
        receipt.receipt_id,
        receipt._source,
        receipt.currency,
        receipt.amount as stated,
        coalesce(added.amount, 0) as found
    from loaded_receipts as receipt
    inner join saft_payments as payment on receipt._source = payment._source and receipt._row = payment._row
    left join added on receipt.receipt_id = added.receipt_id
    where payment.kind = 'payment' and receipt.status not in ('reversed', 'on_account', 'unidentified')
)

select
    _source as subject,
    'GrossTotal of all receipts' as what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from receipts
group by _source, currency
union all
select
    receipt_id as subject,
    'GrossTotal' as what,
    currency,
    stated,
    found
from receipts
where stated <> found
