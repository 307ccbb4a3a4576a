/*---
tie_out: What a receipt is of, and where it went
---*/
with moves as (
    select
        *,
        row_number() over (partition by plain_value(receivable_application_id) order by _source, _row) as turn
    from ar_receivable_applications_all
    where plain_value(application_type) = 'CASH' and coalesce(plain_value(confirmed_flag), 'Y') <> 'N'
),

uses as (
    select
        plain_value(cash_receipt_id) as receipt_id,
        sum(coalesce(read_money(plain_value(amount_applied_from)), read_money(plain_value(amount_applied)))) as amount
    from moves
    where turn = 1
    group by plain_value(cash_receipt_id)
),

compared as (
    select
        receipt.entity_id,
        receipt.receipt_id,
        receipt.currency,
        case when receipt.status = 'reversed' then cast(0 as decimal(18, 4)) else receipt.amount end as stated,
        coalesce(uses.amount, 0) as found
    from loaded_receipts as receipt
    left join uses on receipt.receipt_id = uses.receipt_id
    where exists (select 1 from ar_receivable_applications_all)
)

select
    subject,
    what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from (
    select
        case when stated = found then 'all of unit ' || entity_id || ' that agree' else 'receipt ' || receipt_id end
            as subject,
        'applied, unapplied, on account and unidentified' as what,
        currency,
        stated,
        found
    from compared
    where stated is not null
) as totalled
group by subject, what, currency
