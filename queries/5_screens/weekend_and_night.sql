/*---
id: SCR-06
title: Weekend and night entry
form: ranked
asks: Which documents and adjustments did a person enter on a weekend or at night?
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, currency, net_amount, created_by, created_at]
uses:
  invoices: [origin]
  adjustments: [adjustment_id, invoice_id, kind, amount, created_by, created_at]
  users: [user_id, kind]
parameters:
  shift_hours: {default: 0, unit: hours, why: times are stored in UTC; add the hours of where people enter}
  weekend_from: {default: 6, unit: "day of the week, Monday is 1", why: Saturday and the next; 5 where it is Friday}
  night_from: {default: 22, unit: hour of the day, why: late shifts of an office end before}
  night_to: {default: 6, unit: hour of the day, why: early shifts of an office begin after}
says: "{flagged} of {examined} entries by people fall on a weekend or between {night_from}:00 and {night_to}:00 (UTC as
  stored, shifted by {shift_hours} hours)"
read_as: >
  The period is that of the moment of entry. Drafts and what a system user entered are left out; who is not among the
  users is taken for a person. The largest amounts first. Times are UTC as stored unless shifted.
---*/
with entries as (
    select
        'invoices' as entered_in,
        invoice_id as entry_id,
        kind,
        entity_id,
        customer_id,
        currency,
        net_amount as entered_amount,
        created_by,
        created_at
    from invoices
    where status <> 'draft' and (created_by is not null or coalesce(origin, 'manual') <> 'system')
    union all
    select
        'adjustments' as entered_in,
        adjustment.adjustment_id as entry_id,
        adjustment.kind,
        invoice.entity_id,
        invoice.customer_id,
        invoice.currency,
        adjustment.amount as entered_amount,
        adjustment.created_by,
        adjustment.created_at
    from adjustments as adjustment
    inner join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
),

machines as (
    select distinct user_id
    from users
    where kind = 'system'
),

-- 1 January 1900 was a Monday.
by_people as (
    select
        entry.*,
        seconds_between(timestamp '1900-01-01 00:00:00', entry.created_at) + 3600 * $shift_hours as seconds
    from entries as entry
    left join machines as machine on entry.created_by = machine.user_id
    where machine.user_id is null and entry.created_at is not null
),

timed as (
    select
        *,
        seconds // 86400 % 7 + 1 as weekday,
        seconds % 86400 // 3600 as hour
    from by_people
    where
        days_between(date '1900-01-01', $from_date) * 86400 <= seconds
        and seconds < days_between(date '1900-01-01', $to_date) * 86400
),

populations as (
    select
        entity_id,
        currency,
        count(*) as examined
    from timed
    group by entity_id, currency
),

placed as (
    select
        *,
        (weekday - $weekend_from + 7) % 7 < 2 as on_weekend,
        case
            when $night_from > $night_to then hour >= $night_from or hour < $night_to
            else hour >= $night_from and hour < $night_to
        end as at_night
    from timed
),

ranked as (
    select
        *,
        count(*) over (partition by entity_id, currency) as flagged,
        row_number() over (
            partition by entity_id, currency
            order by abs(entered_amount) desc, entered_in asc, entry_id asc
        ) as place
    from placed
    where on_weekend or at_night
)

select
    population.entity_id,
    population.currency,
    population.examined,
    coalesce(ranked.flagged, 0) as flagged,
    ranked.place,
    ranked.entered_in,
    ranked.entry_id,
    ranked.kind,
    ranked.customer_id,
    ranked.created_by,
    ranked.created_at as created_at_utc,
    case
        when ranked.on_weekend and ranked.at_night then 'weekend, night'
        when ranked.on_weekend then 'weekend'
        when ranked.at_night then 'night'
    end as entered_at,
    ranked.entered_amount
from populations as population
left join ranked
    on
        population.entity_id is not distinct from ranked.entity_id
        and population.currency is not distinct from ranked.currency
        and ranked.place <= $most
order by population.entity_id, population.currency, ranked.place
