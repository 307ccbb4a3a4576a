/*---
id: FIG-08
title: Statement of a customer's account
formula: balance = what was owed before + every movement in order
source: conventions.md, As of a date
unit: a movement of one customer's account, in one currency
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
reads: [account_movements]
parameters:
  customer: {unit: a customer_id, why: whose account it is}
  from_date: {unit: date, why: what moved before is one line, carried forward}
  to_date: {unit: date, why: the first day that is left out}
  clock: {unit: known or dated, why: as for the open items}
---*/
-- A customer is told of money and documents; what was set against what shows in the open items, unless it moves the
-- account: another account or currency was on the other side.
with own as (
    select
        entity_id,
        currency,
        case $clock when 'known' then known_on else dated_on end as moved_on,
        effect,
        item_number,
        source_table,
        source_id,
        sum(amount) over (partition by source_table, source_id, entity_id, currency, effect) as together,
        amount
    from account_movements
    where
        customer_id = $customer
        and case $clock when 'known' then known_on else dated_on end < $to_date
),

lines as (
    select
        entity_id,
        currency,
        cast(null as date) as moved_on,
        'carried forward' as effect,
        cast(null as varchar) as item_number,
        cast(null as varchar) as source_table,
        cast(null as varchar) as source_id,
        sum(amount) as amount
    from own
    where moved_on < $from_date
    group by entity_id, currency
    union all
    select
        entity_id,
        currency,
        moved_on,
        effect,
        item_number,
        source_table,
        source_id,
        amount
    from own
    where moved_on >= $from_date and (effect <> 'applied' or together <> 0)
)

select
    *,
    sum(amount) over (
        partition by entity_id, currency
        order by moved_on nulls first, source_table, source_id, effect, item_number
        rows unbounded preceding
    ) as balance
from lines
order by entity_id, currency, moved_on nulls first, source_table, source_id, effect, item_number
