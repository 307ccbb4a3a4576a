/*---
id: FIG-06
title: What the open items must come to
formula: >
  open items = what they are of + what was applied, given as discount and adjusted = receivable in the ledger; as dated,
  with what was booked on the other side of the day
source: conventions.md, As of a date; COM-07
unit: an entity, a currency and a day
needs:
  invoices: [invoice_id, kind, status, entity_id, invoice_date, currency, gross_amount]
uses:
  applications: [application_id, receipt_id, invoice_id, applied_on, posted_on, amount, discount_amount]
  receipts: [receipt_id, status]
  gl_lines: [entity_id, account_kind, posted_on, currency, amount]
reads: [open_items, account_movements]
parameters:
  days: {unit: list of dates, why: each is asked of its own}
  clock: {unit: known or dated, why: the ledger has one clock, posted_on}
---*/
with asked as (
    select distinct unnest($days) as as_of
),

-- What was dated on one side of a day and booked on the other; most movements are on one side by both.
straddling as (
    select
        asked.as_of,
        movement.entity_id,
        movement.currency,
        movement.known_on <= asked.as_of as is_early,
        movement.amount
    from account_movements as movement
    inner join asked
        on
            least(movement.dated_on, movement.known_on) <= asked.as_of
            and greatest(movement.dated_on, movement.known_on) > asked.as_of
    where $clock = 'dated' and movement.dated_on <> movement.known_on
),

-- What COM-07 counts and the open items do not: applications of receipts that were reversed, on their invoices.
bounced as (
    select
        document.entity_id,
        document.currency,
        case $clock
            when 'known' then coalesce(application.posted_on, application.applied_on)
            else application.applied_on
        end as moved_on,
        application.amount + coalesce(application.discount_amount, 0) as amount
    from receipts as receipt
    inner join applications as application on receipt.receipt_id = application.receipt_id
    inner join invoices as document on application.invoice_id = document.invoice_id
    where receipt.status = 'reversed' and document.status not in ('cancelled', 'draft')
),

daily_lines as (
    select
        entity_id,
        currency,
        posted_on,
        sum(amount) as amount
    from gl_lines
    where account_kind = 'receivable'
    group by entity_id, currency, posted_on
),

counted as (
    select
        as_of,
        entity_id,
        currency,
        'open' as what,
        sum(open_amount) as amount
    from open_items
    group by as_of, entity_id, currency
    union all
    select
        as_of,
        entity_id,
        currency,
        'parts' as what,
        sum(original_amount + applied_amount + discount_amount + adjusted_amount) as amount
    from open_items
    group by as_of, entity_id, currency
    union all
    select
        as_of,
        entity_id,
        currency,
        case when is_early then 'early' else 'late' end as what,
        sum(amount) as amount
    from straddling
    group by as_of, entity_id, currency, is_early
    union all
    select
        asked.as_of,
        line.entity_id,
        line.currency,
        'ledger' as what,
        sum(line.amount) as amount
    from daily_lines as line
    inner join asked on line.posted_on <= asked.as_of
    group by asked.as_of, line.entity_id, line.currency
    union all
    select
        asked.as_of,
        bounced.entity_id,
        bounced.currency,
        'bounced' as what,
        sum(bounced.amount) as amount
    from bounced
    inner join asked on bounced.moved_on <= asked.as_of
    group by asked.as_of, bounced.entity_id, bounced.currency
)

select
    as_of,
    entity_id,
    currency,
    coalesce(sum(case when what = 'open' then amount end), 0) as item_amount,
    coalesce(sum(case when what = 'parts' then amount end), 0) as part_amount,
    coalesce(sum(case when what = 'early' then amount end), 0) as early_amount,
    coalesce(sum(case when what = 'late' then amount end), 0) as late_amount,
    sum(case when what = 'ledger' then amount end) as ledger_amount,
    coalesce(sum(case when what = 'bounced' then amount end), 0) as bounced_amount
from counted
group by as_of, entity_id, currency
order by as_of, entity_id, currency
