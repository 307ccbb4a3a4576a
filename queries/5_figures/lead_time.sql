/*---
id: FIG-21
title: Billing lead time
form: quantile
unit: days
money: false
formula: invoice_date - delivered_on of consignments first invoiced in the period; median and 90th percentile
source: conventions.md; Hyndman and Fan 1996, definition 1 (nearest rank) for percentiles
parameters:
  percentile: {default: 90, unit: percent, why: one consignment in ten may be a special case}
says: >
  Days from the delivery to the first invoice of each consignment line. The median of an even number is the mean of the
  two in the middle; a percentile is the nearest rank, the smallest number of days that at least so many percent did
  not exceed. Invoiced before delivery counts below zero.
empty: no consignment was first invoiced in the period
needs:
  deliveries: [delivery_id, entity_id, customer_id, kind, status, delivered_on]
  delivery_lines: [delivery_line_id, delivery_id]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id]
uses:
  delivery_lines: [order_line_id]
  invoices: [posted_on]
  invoice_lines: [delivery_line_id, order_line_id]
---*/
with billed as (
    select
        line.delivery_line_id,
        case when item.delivery_line_id is null then line.order_line_id end as order_line_id,
        document.invoice_date,
        case $clock
            when 'known' then coalesce(document.posted_on, document.invoice_date) else document.invoice_date
        end as known_on
    from invoice_lines as line
    inner join invoices as document on line.invoice_id = document.invoice_id
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where document.kind in ('invoice', 'debit_memo') and document.status not in ('cancelled', 'draft')
),

first_by_delivery as (
    select
        asked.as_of,
        billed.delivery_line_id,
        min(billed.invoice_date) as invoiced_on
    from asked
    inner join billed on asked.as_of >= billed.known_on and asked.as_of >= billed.invoice_date
    where billed.delivery_line_id is not null
    group by asked.as_of, billed.delivery_line_id
),

first_by_order as (
    select
        asked.as_of,
        billed.order_line_id,
        min(billed.invoice_date) as invoiced_on
    from asked
    inner join billed on asked.as_of >= billed.known_on and asked.as_of >= billed.invoice_date
    where billed.order_line_id is not null
    group by asked.as_of, billed.order_line_id
),

consignments as (
    select
        item.delivery_line_id,
        item.order_line_id,
        delivery.entity_id,
        delivery.customer_id,
        delivery.delivered_on
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where delivery.kind = 'sale' and delivery.status in ('shipped', 'delivered') and delivery.delivered_on is not null
)

select
    asked.as_of,
    '' as part,
    case when direct.invoiced_on is null then 'invoiced by its order line' else 'invoiced by itself' end as role,
    consignment.entity_id,
    consignment.customer_id,
    cast(null as varchar) as currency,
    'delivery_lines' as subject_table,
    consignment.delivery_line_id as subject_id,
    coalesce(direct.invoiced_on, ordered.invoiced_on) as event_date,
    days_between(consignment.delivered_on, coalesce(direct.invoiced_on, ordered.invoiced_on)) as numerator,
    1 as denominator
from asked
cross join consignments as consignment
left join first_by_delivery as direct
    on asked.as_of = direct.as_of and consignment.delivery_line_id = direct.delivery_line_id
left join first_by_order as ordered
    on asked.as_of = ordered.as_of and consignment.order_line_id = ordered.order_line_id
where
    coalesce(direct.invoiced_on, ordered.invoiced_on) >= asked.from_date
    and coalesce(direct.invoiced_on, ordered.invoiced_on) < asked.to_date
    and consignment.delivered_on <= asked.as_of
