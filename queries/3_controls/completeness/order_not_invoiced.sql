/*---
id: COM-02
title: Order completed, not invoiced
severity: high
grain: order_line_id
subject: order_lines
examines: order_lines
standing: true
needs:
  orders: [order_id, entity_id, customer_id, order_date, currency, status]
  order_lines: [order_line_id, order_id, quantity, unit_price]
  deliveries: [delivery_id]
  delivery_lines: [delivery_line_id]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, quantity, order_line_id]
uses:
  deliveries: [order_id]
  delivery_lines: [order_line_id]
  order_lines: [discount_amount]
parameters:
  grace_days: {default: 5, unit: days, why: the invoice run may follow the order by a working week}
suppressions:
  free_of_charge: the order line costs nothing
  in_grace: ordered less than grace_days before the as-of date
why: >
  A service that is done leaves no consignment behind; if nobody bills the order, nothing else ever reminds of it.
next_step: Ask who completed the order; bill the rest, or show why it is not owed.
---*/
with without_delivery as (
    select
        purchase.order_id,
        purchase.entity_id,
        purchase.customer_id,
        purchase.order_date,
        purchase.currency,
        ordered.order_line_id,
        ordered.quantity,
        ordered.unit_price,
        ordered.discount_amount
    from orders as purchase
    inner join order_lines as ordered on purchase.order_id = ordered.order_id
    left join deliveries as delivery on purchase.order_id = delivery.order_id
    where
        purchase.status = 'completed'
        and purchase.order_date <= $as_of
        and delivery.delivery_id is null
),

-- A delivery that does not name its order has lines that do.
handed_over as (
    select ordered.order_id
    from delivery_lines as item
    inner join without_delivery as ordered on item.order_line_id = ordered.order_line_id
),

billed as (
    select
        line.order_line_id,
        line.invoice_line_id,
        line.invoice_id,
        line.quantity
    from billed_lines as line
    inner join without_delivery as ordered on line.order_line_id = ordered.order_line_id
    where line.invoice_date <= $as_of
),

summed as (
    select
        order_line_id,
        sum(quantity) as quantity
    from billed
    group by order_line_id
),

short as (
    select
        ordered.*,
        coalesce(summed.quantity, 0) as billed_quantity,
        days_between(ordered.order_date, $as_of) as age,
        times_price(ordered.quantity, ordered.unit_price) - coalesce(ordered.discount_amount, 0) as ordered_amount,
        times_price(coalesce(summed.quantity, 0), ordered.unit_price)
        - coalesce(portion(ordered.discount_amount, coalesce(summed.quantity, 0), ordered.quantity), 0)
            as billed_amount
    from without_delivery as ordered
    left join handed_over on ordered.order_id = handed_over.order_id
    left join summed on ordered.order_line_id = summed.order_line_id
    where handed_over.order_id is null and ordered.quantity > coalesce(summed.quantity, 0)
),

proof as (
    select
        short.order_line_id,
        list(billed.invoice_line_id) as invoice_line_ids,
        list(billed.invoice_id) as invoice_ids
    from short
    inner join billed on short.order_line_id = billed.order_line_id
    group by short.order_line_id
)

select
    short.order_line_id as subject_id,
    short.entity_id,
    short.customer_id,
    short.order_date as event_date,
    short.currency,
    round_money(short.ordered_amount, short.currency) as expected_amount,
    round_money(short.billed_amount, short.currency) as billed_amount,
    number_text(short.quantity) || ' ordered on ' || cast(short.order_date as varchar) || ' and completed, '
    || number_text(short.billed_quantity) || ' billed, ' || cast(short.age as varchar) || ' days on' as reason,
    case
        when short.ordered_amount <= 0 then 'free_of_charge'
        when short.age < $grace_days then 'in_grace'
    end as suppressed_by,
    short.order_line_id as evidence_order_lines,
    short.order_id as evidence_orders,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices
from short
left join proof on short.order_line_id = proof.order_line_id
