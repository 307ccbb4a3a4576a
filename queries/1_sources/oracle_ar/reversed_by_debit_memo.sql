/*---
note: Receipts reversed by a debit memo; they stay applied and the debit memo is open
---*/
select
    plain_value(reversed_cash_receipt_id) as subject,
    'debit memo ' || min(plain_value(customer_trx_id)) as note
from ar_payment_schedules_all
where plain_value(class) = 'DM' and plain_value(reversed_cash_receipt_id) is not null
group by plain_value(reversed_cash_receipt_id)
order by subject
