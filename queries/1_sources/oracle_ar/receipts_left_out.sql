/*---
note: Receipts that are left out, miscellaneous ones and those still to be confirmed
---*/
select
    plain_value(cash_receipt_id) as subject,
    case when plain_value(type) = 'MISC' then 'miscellaneous' else 'not confirmed' end || ', '
    || coalesce(amount, 'nothing') || ' ' || coalesce(currency_code, '') as note
from ar_cash_receipts_all
where plain_value(type) = 'MISC' or plain_value(confirmed_flag) = 'N'
order by subject
