/*---
id: FIG-05
title: Open items in buckets of one's own
formula: >
  the bucket whose first day is the last one reached by the days overdue, or by the age since the document date;
  credits and unapplied cash stay in columns of their own
source: conventions.md, As of a date
unit: an open item and a day
needs: {}
reads: [open_items]
parameters:
  by: {unit: due or document, why: what days are counted from}
  names: {unit: list of names, why: one for each bucket of days}
  first_days: {unit: list of days, why: the first day of each bucket in the same order, null for what is not due}
---*/
with buckets as (
    select
        unnest($names) as name,
        unnest($first_days) as first_day
),

spans as (
    select
        name,
        first_day,
        lead(first_day) over (order by first_day nulls first) as next_first_day
    from buckets
),

counted as (
    select
        *,
        case $by when 'due' then days_overdue else age_days end as days
    from open_items
)

select
    item.* exclude (bucket, part, days),
    case
        when item.item_kind = 'receipt' then 'unapplied cash'
        when item.item_kind = 'credit_memo' or item.open_amount < 0 then 'credits'
        when item.days is null then 'no due date'
        else span.name
    end as bucket,
    item.part
from counted as item
left join spans as span
    on
        item.days >= coalesce(span.first_day, item.days)
        and item.days < coalesce(span.next_first_day, item.days + 1)
