/*---
tie_out: What the payment schedules say is open, and what was loaded
---*/
with applied as (
    select
        plain_value(export.applied_payment_schedule_id) as schedule_id,
        -(application.amount + coalesce(application.discount_amount, 0)) as amount
    from loaded_applications as application
    inner join ar_receivable_applications_all as export
        on application._source = export._source and application._row = export._row
    union all
    select
        plain_value(export.payment_schedule_id) as schedule_id,
        coalesce(read_money(plain_value(export.amount_applied_from)), application.amount) as amount
    from loaded_applications as application
    inner join ar_receivable_applications_all as export
        on application._source = export._source and application._row = export._row
    union all
    select
        plain_value(export.payment_schedule_id) as schedule_id,
        adjustment.amount
    from loaded_adjustments as adjustment
    inner join ar_adjustments_all as export
        on adjustment._source = export._source and adjustment._row = export._row
),

moved as (
    select
        schedule_id,
        sum(amount) as amount
    from applied
    group by schedule_id
),

schedules as (
    select
        *,
        row_number() over (partition by plain_value(payment_schedule_id) order by _source, _row) as turn
    from ar_payment_schedules_all
),

items as (
    select
        invoice_id as item_id,
        entity_id,
        currency,
        'invoice' as kind
    from loaded_invoices
    where status not in ('draft', 'cancelled')
    union all
    select
        receipt_id as item_id,
        entity_id,
        currency,
        'receipt' as kind
    from loaded_receipts
    where status <> 'reversed'
),

compared as (
    select
        items.entity_id,
        items.currency,
        plain_value(schedule.payment_schedule_id) as schedule_id,
        read_money(plain_value(schedule.amount_due_remaining)) as stated,
        read_money(plain_value(schedule.amount_due_original)) + coalesce(moved.amount, 0) as found
    from schedules as schedule
    inner join items
        on
            items.kind = case plain_value(schedule.class) when 'PMT' then 'receipt' else 'invoice' end
            and items.item_id
            = case plain_value(schedule.class)
                when 'PMT' then plain_value(schedule.cash_receipt_id)
                else plain_value(schedule.customer_trx_id)
            end
    left join moved on plain_value(schedule.payment_schedule_id) = moved.schedule_id
    where schedule.turn = 1 and exists (select 1 from ar_receivable_applications_all)
)

select
    subject,
    what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from (
    select
        case
            when stated = found then 'all of unit ' || entity_id || ' that agree'
            else 'payment schedule ' || schedule_id
        end as subject,
        'amount due remaining' as what,
        currency,
        stated,
        found
    from compared
    where stated is not null
) as totalled
group by subject, what, currency
