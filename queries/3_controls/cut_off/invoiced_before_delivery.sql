/*---
id: CUT-01
title: Invoiced before delivery
severity: medium
grain: invoice_line_id
subject: invoice_lines
examines: billed_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, net_amount, delivery_line_id]
  deliveries: [delivery_id, status]
  delivery_lines: [delivery_line_id, delivery_id]
either: [deliveries.shipped_on, deliveries.delivered_on]
uses:
  deliveries: [shipped_on, delivered_on, order_id]
  delivery_lines: [order_line_id]
  invoices: [reason_code, order_id]
  invoice_lines: [order_line_id]
  order_lines: [order_line_id, order_id]
  orders: [order_id, reason_code]
suppressions:
  prepayment: the order or the invoice says that it is paid in advance
why: >
  An invoice before the goods have left is revenue of a later period.
next_step: Move the invoice to the period of delivery, or show the prepayment agreement.
---*/
with
-- Few lines are early: what else is known of them is looked up afterwards.
-- by delivery_lines.delivery_line_id
early as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.net_amount,
        line.invoice_date,
        item.delivery_line_id,
        item.delivery_id,
        coalesce(line.order_line_id, item.order_line_id) as order_line_id,
        item.shipped_on,
        coalesce(item.shipped_on, item.delivered_on) as left_on
    from billed_lines as line
    inner join consigned_lines as item on line.delivery_line_id = item.delivery_line_id
    where
        item.status <> 'cancelled'
        and line.invoice_date < coalesce(item.shipped_on, item.delivered_on)
        and line.invoice_date <= $as_of
),

ordered_lines as (
    select
        order_line_id,
        order_id
    from order_lines
    where order_line_id in (select early.order_line_id from early)
),

prepaid as (
    select order_id
    from orders
    where reason_code = 'prepayment'
)

-- An extract that holds a delivery or an order line twice is no second finding.
select distinct
    line.invoice_line_id as subject_id,
    document.entity_id,
    document.customer_id,
    line.invoice_date as event_date,
    document.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    line.net_amount as billed_amount,
    'invoiced on ' || cast(line.invoice_date as varchar) || ', '
    || case when line.shipped_on is null then 'delivered on ' else 'shipped on ' end
    || cast(line.left_on as varchar) || ', '
    || cast(days_between(line.invoice_date, line.left_on) as varchar) || ' days later' as reason,
    case
        when
            document.reason_code = 'prepayment'
            or coalesce(billed_order.order_id, delivered_order.order_id, ordered_order.order_id) is not null
            then 'prepayment'
    end as suppressed_by,
    line.invoice_line_id as evidence_invoice_lines,
    line.invoice_id as evidence_invoices,
    line.delivery_line_id as evidence_delivery_lines,
    line.delivery_id as evidence_deliveries,
    [document.order_id, delivery.order_id, ordered.order_id] as evidence_orders
from early as line
inner join invoices as document on line.invoice_id = document.invoice_id
inner join deliveries as delivery on line.delivery_id = delivery.delivery_id
left join ordered_lines as ordered on line.order_line_id = ordered.order_line_id
left join prepaid as billed_order on document.order_id = billed_order.order_id
left join prepaid as delivered_order on delivery.order_id = delivered_order.order_id
left join prepaid as ordered_order on ordered.order_id = ordered_order.order_id
