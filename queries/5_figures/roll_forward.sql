/*---
id: FIG-07
title: Roll-forward of the receivables
formula: >
  opening + invoiced + reversed + credited + received + applied + discounted + written off + refunded + adjusted
  = closing
source: conventions.md, As of a date
unit: an account, in one currency
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
reads: [open_items, account_movements]
parameters:
  from_date: {unit: date, why: the first day; the opening is of the evening before}
  to_date: {unit: date, why: the first day that is left out; the closing is of the evening before}
  clock: {unit: known or dated, why: as for the open items}
---*/
with moved as (
    select
        entity_id,
        currency,
        customer_id,
        effect,
        sum(amount) as amount
    from account_movements
    where
        case $clock when 'known' then known_on else dated_on end >= $from_date
        and case $clock when 'known' then known_on else dated_on end < $to_date
    group by entity_id, currency, customer_id, effect
    union all
    select
        entity_id,
        currency,
        customer_id,
        case when as_of = $from_date - 1 then 'opening' else 'closing' end as effect,
        sum(open_amount) as amount
    from open_items
    where as_of in ($from_date - 1, $to_date - 1)
    group by entity_id, currency, customer_id, as_of
)

select
    entity_id,
    currency,
    customer_id,
    sum(case when effect = 'opening' then amount else 0 end) as opening,
    sum(case when effect = 'invoiced' then amount else 0 end) as invoiced,
    sum(case when effect = 'reversed' then amount else 0 end) as reversed,
    sum(case when effect = 'credited' then amount else 0 end) as credited,
    sum(case when effect = 'received' then amount else 0 end) as received,
    sum(case when effect = 'applied' then amount else 0 end) as applied,
    sum(case when effect = 'discounted' then amount else 0 end) as discounted,
    sum(case when effect = 'written_off' then amount else 0 end) as written_off,
    sum(case when effect = 'refunded' then amount else 0 end) as refunded,
    sum(case when effect = 'adjusted' then amount else 0 end) as adjusted,
    sum(case when effect = 'closing' then amount else 0 end) as closing,
    sum(case when effect = 'closing' then amount else -amount end) as difference
from moved
group by entity_id, currency, customer_id
order by entity_id, currency, customer_id
