/*---
table: receipts
what: >
  One receipt each, less miscellaneous ones, which are no customer's money, and those still to be confirmed. What is
  left of it decides its status: unapplied, on account (claims and prepayments too) or applied; Oracle calls all of the
  last two APP. Returned (NSF), stopped and reversed ones are reversed, but one that was reversed by a debit memo stays
  applied: the debit memo asks for the money. It was posted when its payment schedule was.
rows_of: ar_cash_receipts_all
---*/
with accounts as (
    select
        plain_value(cust_account_id) as account_id,
        min(plain_value(account_number)) as number
    from hz_cust_accounts
    group by plain_value(cust_account_id)
),

schedules as (
    select
        plain_value(cash_receipt_id) as receipt_id,
        min(plain_value(gl_date)) as gl_date
    from ar_payment_schedules_all
    where plain_value(class) = 'PMT'
    group by plain_value(cash_receipt_id)
),

debit_memos as (
    select distinct plain_value(reversed_cash_receipt_id) as receipt_id
    from ar_payment_schedules_all
    where plain_value(class) = 'DM' and plain_value(reversed_cash_receipt_id) is not null
),

-- A row that comes twice counts once, here as in the applications.
uses as (
    select
        *,
        row_number() over (partition by plain_value(receivable_application_id) order by _source, _row) as turn
    from ar_receivable_applications_all
    where plain_value(application_type) = 'CASH'
),

balances as (
    select
        plain_value(cash_receipt_id) as receipt_id,
        sum(case when plain_value(status) = 'UNAPP' then read_money(plain_value(amount_applied)) end) as unapplied,
        sum(case when plain_value(status) in ('ACC', 'OTHER ACC') then read_money(plain_value(amount_applied)) end)
            as on_account
    from uses
    where turn = 1
    group by plain_value(cash_receipt_id)
)

select
    plain_value(receipt.cash_receipt_id) as receipt_id,
    coalesce(plain_value(receipt.org_id), 'main') as entity_id,
    coalesce(accounts.number, 'id/' || plain_value(receipt.pay_from_customer)) as customer_id,
    regexp_replace(plain_value(receipt.receipt_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as received_on,
    regexp_replace(schedules.gl_date, '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as posted_on,
    receipt.currency_code as currency,
    receipt.amount,
    receipt.receipt_method_id as method,
    receipt.receipt_number as reference,
    receipt.customer_receipt_reference as bank_reference,
    case
        when debit_memos.receipt_id is not null then 'applied'
        when
            plain_value(receipt.status) in ('NSF', 'STOP', 'REV') or plain_value(receipt.reversal_date) is not null
            then 'reversed'
        when plain_value(receipt.status) = 'UNID' then 'unidentified'
        when balances.unapplied > 0 then 'unapplied'
        when balances.on_account > 0 then 'on_account'
        when plain_value(receipt.status) = 'APP' then 'applied'
        when plain_value(receipt.status) = 'UNAPP' and balances.receipt_id is not null then 'applied'
        when plain_value(receipt.status) = 'UNAPP' then 'unapplied'
        else plain_value(receipt.status)
    end as status,
    receipt._source,
    receipt._row
from ar_cash_receipts_all as receipt
left join accounts on plain_value(receipt.pay_from_customer) = accounts.account_id
left join schedules on plain_value(receipt.cash_receipt_id) = schedules.receipt_id
left join debit_memos on plain_value(receipt.cash_receipt_id) = debit_memos.receipt_id
left join balances on plain_value(receipt.cash_receipt_id) = balances.receipt_id
where
    coalesce(plain_value(receipt.type), 'CASH') <> 'MISC'
    and coalesce(plain_value(receipt.confirmed_flag), 'Y') <> 'N'
order by receipt._source, receipt._row
