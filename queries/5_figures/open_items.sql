/*---
id: FIG-01
title: Open items as of any date
formula: >
  open = gross - applications - their discounts + adjustments; a receipt is open by what of it is not applied. On each
  of the days only what was there counts: as known (posted_on, else the business date) or as dated (business date).
source: conventions.md, As of a date
unit: an open item and a day, in its own currency
needs:
  invoices: [invoice_id, invoice_number, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [due_date, posted_on]
  receipts: [receipt_id, entity_id, customer_id, received_on, posted_on, currency, amount, reference, status]
  applications:
    [application_id, receipt_id, credit_invoice_id, invoice_id, applied_on, posted_on, amount, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
parameters:
  days: {unit: list of dates, why: each is asked of its own and they may be in any order}
  clock: {unit: known or dated, why: known is what the books said that evening and dated what they say of it today}
---*/
-- Amounts are signed as they move the account, so that original + applied + discount + adjusted = open.
with asked as (
    select distinct unnest($days) as as_of
),

-- The first of the days asked on which a day's movements count; what is older than all of them counts on the first.
calendar as (
    select
        as_of,
        as_of - cast(unnest(range(coalesce(as_of - lag(as_of) over (order by as_of), 1))) as integer) as moved_on
    from asked
),

void_documents as (
    select invoice_id from invoices
    where status in ('cancelled', 'draft')
),

returned_receipts as (
    select receipt_id from receipts
    where status = 'reversed'
),

-- One half that never was takes the other half with it: a bounced receipt pays nothing, a void invoice uses up nothing.
counted_applications as not materialized (
    select
        application.*,
        case $clock
            when 'known' then coalesce(application.posted_on, application.applied_on)
            else application.applied_on
        end as moved_on
    from applications as application
    left join void_documents as void on application.invoice_id = void.invoice_id
    left join void_documents as void_credit on application.credit_invoice_id = void_credit.invoice_id
    left join returned_receipts as returned on application.receipt_id = returned.receipt_id
    where void.invoice_id is null and void_credit.invoice_id is null and returned.receipt_id is null
),

movements as not materialized (
    select
        false as is_receipt,
        invoice_id as item_id,
        case $clock when 'known' then coalesce(posted_on, invoice_date) else invoice_date end as moved_on,
        'original' as effect,
        gross_amount as amount
    from invoices
    where status not in ('cancelled', 'draft')
    union all
    select
        true as is_receipt,
        receipt_id as item_id,
        case $clock when 'known' then coalesce(posted_on, received_on) else received_on end as moved_on,
        'original' as effect,
        -amount as amount
    from receipts
    where status <> 'reversed'
    union all
    select
        false as is_receipt,
        invoice_id as item_id,
        moved_on,
        'applied' as effect,
        -amount as amount
    from counted_applications
    union all
    -- The discount is the invoice's alone: it uses up nothing of the money or the credit.
    select
        false as is_receipt,
        invoice_id as item_id,
        moved_on,
        'discount' as effect,
        -discount_amount as amount
    from counted_applications
    where discount_amount <> 0
    union all
    select
        credit_invoice_id is null as is_receipt,
        coalesce(credit_invoice_id, receipt_id) as item_id,
        moved_on,
        'applied' as effect,
        amount
    from counted_applications
    union all
    select
        false as is_receipt,
        invoice_id as item_id,
        case $clock when 'known' then coalesce(posted_on, adjusted_on) else adjusted_on end as moved_on,
        'adjusted' as effect,
        amount
    from adjustments
),

-- What moved an item between one day asked and the next. Most items come and go between the two: they are dropped here,
-- and only what is open is looked at more closely.
steps as (
    select
        movement.is_receipt,
        movement.item_id,
        calendar.as_of,
        sum(movement.amount) as amount
    from movements as movement
    inner join calendar on greatest(movement.moved_on, (select min(as_of) from asked)) = calendar.moved_on
    group by movement.is_receipt, movement.item_id, calendar.as_of
    having sum(movement.amount) <> 0
),

balances as (
    select
        is_receipt,
        item_id,
        as_of as from_day,
        lead(as_of) over item as next_step,
        sum(amount) over item as amount
    from steps
    window item as (partition by is_receipt, item_id order by as_of)
),

open_balances as (
    select
        asked.as_of,
        balance.is_receipt,
        balance.item_id,
        balance.amount
    from balances as balance
    inner join asked
        on
            balance.from_day <= asked.as_of
            and (balance.next_step is null or balance.next_step > asked.as_of)
    where balance.amount <> 0
),

parts as (
    select
        balance.as_of,
        balance.is_receipt,
        balance.item_id,
        balance.amount as open_amount,
        sum(case when movement.effect = 'original' then movement.amount else 0 end) as original_amount,
        sum(case when movement.effect = 'applied' then movement.amount else 0 end) as applied_amount,
        sum(case when movement.effect = 'discount' then movement.amount else 0 end) as discount_amount,
        sum(case when movement.effect = 'adjusted' then movement.amount else 0 end) as adjusted_amount
    from open_balances as balance
    inner join movements as movement
        on
            balance.item_id = movement.item_id
            and balance.is_receipt = movement.is_receipt
            and balance.as_of >= movement.moved_on
    group by balance.as_of, balance.is_receipt, balance.item_id, balance.amount
),

named as (
    select
        balance.as_of,
        document.kind as item_kind,
        balance.item_id,
        document.invoice_number as item_number,
        document.entity_id,
        document.customer_id,
        document.invoice_date as document_date,
        document.due_date,
        document.currency,
        balance.* exclude (as_of, item_id, is_receipt)
    from parts as balance
    inner join invoices as document on balance.item_id = document.invoice_id
    where not balance.is_receipt and document.status not in ('cancelled', 'draft')
    union all
    select
        balance.as_of,
        'receipt' as item_kind,
        balance.item_id,
        coalesce(receipt.reference, receipt.receipt_id) as item_number,
        receipt.entity_id,
        receipt.customer_id,
        receipt.received_on as document_date,
        cast(null as date) as due_date,
        receipt.currency,
        balance.* exclude (as_of, item_id, is_receipt)
    from parts as balance
    inner join receipts as receipt on balance.item_id = receipt.receipt_id
    where balance.is_receipt and receipt.status <> 'reversed'
)

select
    as_of,
    item_kind,
    item_id,
    item_number,
    entity_id,
    customer_id,
    document_date,
    due_date,
    currency,
    original_amount,
    applied_amount,
    discount_amount,
    adjusted_amount,
    open_amount,
    as_of - due_date as days_overdue,
    as_of - document_date as age_days,
    case
        when item_kind = 'receipt' then 'unapplied cash'
        when item_kind = 'credit_memo' or open_amount < 0 then 'credits'
        when due_date is null then 'no due date'
        when as_of <= due_date then 'not due'
        when as_of - due_date <= 30 then '1-30'
        when as_of - due_date <= 60 then '31-60'
        when as_of - due_date <= 90 then '61-90'
        when as_of - due_date <= 120 then '91-120'
        else 'over 120'
    end as bucket,
    cast(null as bigint) as part
from named
order by as_of, entity_id, currency, customer_id, document_date, item_kind, item_id
