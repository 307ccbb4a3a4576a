/*---
id: OCC-04
title: Billed, never delivered
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: billed_lines
standing: true
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, net_amount, order_line_id]
  products: [product_id, is_physical]
  deliveries: [delivery_id, kind, status]
  delivery_lines: [delivery_line_id, delivery_id, order_line_id, quantity]
uses:
  invoices: [reason_code, order_id]
  invoice_lines: [product_id, delivery_line_id]
  deliveries: [shipped_on, delivered_on]
  order_lines: [order_line_id, order_id, product_id]
  orders: [order_id, reason_code]
parameters:
  grace_days: {default: 10, unit: days, why: goods that are billed when they are packed arrive within a week or so}
suppressions:
  in_grace: invoiced less than grace_days before the as-of date
  prepayment: the order or the invoice says that it is paid in advance
  in_transit: a consignment of the order line is shipped and not yet delivered
  credited: live credit memo lines of the order line give back all that it was billed
why: >
  An invoice for goods that never left the house is revenue that never was, and a customer who will not pay.
next_step: Ask the warehouse for the proof of delivery; deliver, or credit the line.
---*/
with consigned as (
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        delivery.status = 'delivered' and coalesce(delivery.delivered_on <= $as_of, true) as is_delivered
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        delivery.kind = 'sale'
        and delivery.status in ('shipped', 'delivered')
        and item.quantity > 0
        and coalesce(least(delivery.shipped_on, delivery.delivered_on) <= $as_of, true)
),

arrived as (
    select order_line_id
    from consigned
    where is_delivered
    group by order_line_id
),

-- A line that takes something back bills nothing.
charged as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.entity_id,
        line.customer_id,
        line.invoice_date,
        line.currency,
        line.net_amount,
        line.reason_code,
        line.order_id,
        line.product_id,
        line.delivery_line_id,
        coalesce(line.order_line_id, item.order_line_id) as ordered_line_id
    from billed_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.invoice_date <= $as_of and line.net_amount >= 0
),

-- Its order line may have been delivered, or the consignment that it names itself.
undelivered as (
    select charged.*
    from charged
    left join arrived on charged.ordered_line_id = arrived.order_line_id
    left join consigned as own on charged.delivery_line_id = own.delivery_line_id and own.is_delivered
    where
        charged.ordered_line_id is not null
        and arrived.order_line_id is null
        and own.delivery_line_id is null
),

physical as (
    select product_id
    from products
    where is_physical
    group by product_id
),

prepaid as (
    select order_id
    from orders
    where reason_code = 'prepayment'
),

missing as (
    select
        line.*,
        days_between(line.invoice_date, $as_of) as age,
        ordered.order_line_id as known_line_id,
        ordered.order_id as known_order_id,
        line.reason_code = 'prepayment'
        or coalesce(billed_order.order_id, ordered_order.order_id) is not null as is_prepaid
    from undelivered as line
    left join order_lines as ordered on line.ordered_line_id = ordered.order_line_id
    inner join physical on coalesce(line.product_id, ordered.product_id) = physical.product_id
    left join prepaid as billed_order on line.order_id = billed_order.order_id
    left join prepaid as ordered_order on ordered.order_id = ordered_order.order_id
),

taken_back as (
    select
        order_line_id,
        sum(case when kind = 'credit_memo' then net_amount end) as credited_amount,
        sum(net_amount) as kept_amount
    from live_lines
    where invoice_date <= $as_of
    group by order_line_id
),

on_the_way as (
    select
        found.invoice_line_id,
        list(found.delivery_line_id) as delivery_line_ids,
        list(found.delivery_id) as delivery_ids
    from (
        select
            missing.invoice_line_id,
            item.delivery_line_id,
            item.delivery_id
        from missing
        inner join consigned as item on missing.ordered_line_id = item.order_line_id
        union all
        select
            missing.invoice_line_id,
            item.delivery_line_id,
            item.delivery_id
        from missing
        inner join consigned as item on missing.delivery_line_id = item.delivery_line_id
    ) as found
    group by found.invoice_line_id
)

select
    missing.invoice_line_id as subject_id,
    missing.entity_id,
    missing.customer_id,
    missing.invoice_date as event_date,
    missing.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    missing.net_amount as billed_amount,
    amount_text(missing.net_amount, missing.currency) || ' ' || missing.currency || ' invoiced on '
    || cast(missing.invoice_date as varchar) || ', nothing of order line ' || missing.ordered_line_id || ' delivered '
    || cast(missing.age as varchar) || ' days on'
    || case when on_the_way.invoice_line_id is not null then ', shipped' else '' end as reason,
    case
        when missing.age < $grace_days then 'in_grace'
        when missing.is_prepaid then 'prepayment'
        when on_the_way.invoice_line_id is not null then 'in_transit'
        when taken_back.credited_amount < 0 and taken_back.kept_amount <= 0 then 'credited'
    end as suppressed_by,
    missing.invoice_line_id as evidence_invoice_lines,
    missing.invoice_id as evidence_invoices,
    missing.known_line_id as evidence_order_lines,
    [missing.order_id, missing.known_order_id] as evidence_orders,
    on_the_way.delivery_line_ids as evidence_delivery_lines,
    on_the_way.delivery_ids as evidence_deliveries
from missing
left join on_the_way on missing.invoice_line_id = on_the_way.invoice_line_id
left join taken_back on missing.ordered_line_id = taken_back.order_line_id
