/*---
id: FIG-40
title: What changed in a period that had been closed
formula: closing now - closing then = what changed before the period + what changed in it, movement by movement
source: SAS 1 and AS 1105.10; a period that is read twice must say what it says differently
unit: a movement of an item, in its currency
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
reads: [movements_then, movements_now]
parameters:
  from_date: {unit: date, why: the first day of the period}
  to_date: {unit: date, why: the first day after it}
  clock: {unit: known or dated, why: which date puts a movement in the period}
---*/
with dated_then as (
    select
        *,
        case $clock when 'known' then known_on else dated_on end as moved_on
    from movements_then
),

dated_now as (
    select
        *,
        case $clock when 'known' then known_on else dated_on end as moved_on
    from movements_now
),

compared as (
    select
        coalesce(now.source_table, old.source_table) as source_table,
        coalesce(now.source_id, old.source_id) as source_id,
        coalesce(now.item_table, old.item_table) as item_table,
        coalesce(now.item_id, old.item_id) as item_id,
        coalesce(now.item_number, old.item_number) as item_number,
        coalesce(now.effect, old.effect) as effect,
        coalesce(now.entity_id, old.entity_id) as entity_id,
        coalesce(now.customer_id, old.customer_id) as customer_id,
        coalesce(now.currency, old.currency) as currency,
        old.moved_on as day_then,
        now.moved_on as day_now,
        old.amount as amount_then,
        now.amount as amount_now,
        case
            when old.moved_on < $from_date then 'before'
            when old.moved_on < $to_date then 'in'
        end as place_then,
        case
            when now.moved_on < $from_date then 'before'
            when now.moved_on < $to_date then 'in'
        end as place_now
    from dated_then as old
    full outer join dated_now as now
        on
            old.source_table = now.source_table
            and old.source_id = now.source_id
            and old.item_table = now.item_table
            and old.item_id = now.item_id
            and old.effect = now.effect
            and old.entity_id is not distinct from now.entity_id
            and old.customer_id is not distinct from now.customer_id
            and old.currency is not distinct from now.currency
),

placed as (
    select
        *,
        coalesce(case when place_now is not null then amount_now end, 0)
        - coalesce(case when place_then is not null then amount_then end, 0) as closing_change,
        coalesce(case when place_now = 'before' then amount_now end, 0)
        - coalesce(case when place_then = 'before' then amount_then end, 0) as opening_change
    from compared
    where place_then is not null or place_now is not null
)

select
    case
        when amount_then is null then 'new'
        when amount_now is null then 'gone'
        when coalesce(place_then, 'after') <> coalesce(place_now, 'after') then 'moved'
        else 'changed'
    end as change,
    case when place_then = 'in' or place_now = 'in' then 'in the period' else 'before it' end as place,
    source_table,
    source_id,
    item_table,
    item_id,
    item_number,
    effect,
    entity_id,
    customer_id,
    currency,
    day_then,
    day_now,
    amount_then,
    amount_now,
    opening_change,
    closing_change - opening_change as period_change,
    closing_change
from placed
where opening_change <> 0 or closing_change <> 0
order by entity_id, currency, customer_id, item_number, source_table, source_id, effect, item_id
