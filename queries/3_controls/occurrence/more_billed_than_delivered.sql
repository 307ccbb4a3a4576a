/*---
id: OCC-03
title: More billed than delivered
severity: high
grain: order_line_id
subject: order_lines
examines: order_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price]
  deliveries: [delivery_id, kind, status]
  delivery_lines: [delivery_line_id, delivery_id, order_line_id, quantity]
uses:
  deliveries: [shipped_on, delivered_on]
  invoice_lines: [order_line_id, delivery_line_id]
suppressions:
  in_transit: the rest is shipped and not yet delivered
  credited: credit memos for the order line took the surplus back
why: >
  The customer pays for goods that never arrived, and finds out at the next stock count.
next_step: Compare the proof of delivery with the invoice; credit the surplus or find the missing consignment.
---*/
with moved as (
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        case when delivery.kind = 'return' then -abs(item.quantity) else item.quantity end as quantity,
        delivery.kind = 'sale' and item.quantity > 0 as is_sale,
        delivery.kind = 'return' or item.quantity < 0
        or (
            delivery.status = 'delivered'
            and coalesce(coalesce(delivery.delivered_on, delivery.shipped_on) <= $as_of, true)
        ) as is_delivered
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        item.order_line_id is not null
        and delivery.kind in ('sale', 'return')
        and delivery.status in ('shipped', 'delivered')
        and coalesce(delivery.shipped_on <= $as_of or delivery.delivered_on <= $as_of, true)
),

delivered as (
    select
        order_line_id,
        sum(case when is_delivered then quantity else 0 end) as delivered_quantity,
        sum(quantity) as shipped_quantity
    from moved
    group by order_line_id
    having count(case when is_sale then 1 end) > 0
),

linked as (
    select
        line.*,
        coalesce(line.order_line_id, item.order_line_id) as ordered_line_id
    from live_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.invoice_date <= $as_of and (line.order_line_id is not null or line.delivery_line_id is not null)
),

billed as (
    select
        ordered_line_id,
        sum(case when kind <> 'credit_memo' then quantity else 0 end) as billed_quantity,
        sum(case when kind = 'credit_memo' then quantity else 0 end) as credited_quantity
    from linked
    group by ordered_line_id
),

surplus as (
    select
        billed.ordered_line_id,
        billed.billed_quantity,
        billed.credited_quantity,
        greatest(0, delivered.delivered_quantity) as delivered_quantity,
        delivered.shipped_quantity
    from billed
    inner join delivered on billed.ordered_line_id = delivered.order_line_id
    where billed.billed_quantity > delivered.delivered_quantity
),

-- What was delivered is set against the oldest invoice lines; the surplus has the price of the newest.
priced as (
    select
        line.ordered_line_id,
        line.invoice_line_id,
        line.invoice_id,
        line.entity_id,
        line.customer_id,
        line.currency,
        line.invoice_date,
        line.quantity,
        line.unit_price,
        least(
            line.quantity,
            greatest(
                0,
                surplus.delivered_quantity + line.quantity - sum(line.quantity) over (
                    partition by line.ordered_line_id
                    order by line.invoice_date, line.invoice_line_id
                    rows between unbounded preceding and current row
                )
            )
        ) as owed_quantity
    from linked as line
    inner join surplus on line.ordered_line_id = surplus.ordered_line_id
    where line.kind <> 'credit_memo'
),

valued as (
    select
        ordered_line_id,
        min(entity_id) as entity_id,
        min(customer_id) as customer_id,
        min(currency) as currency,
        max(invoice_date) as event_date,
        sum(times_price(owed_quantity, unit_price)) as owed_amount,
        sum(times_price(quantity, unit_price)) as stated_amount,
        list(invoice_line_id) as invoice_line_ids,
        list(invoice_id) as invoice_ids
    from priced
    group by ordered_line_id
),

proof as (
    select
        moved.order_line_id,
        list(moved.delivery_line_id) as delivery_line_ids,
        list(moved.delivery_id) as delivery_ids
    from moved
    inner join surplus on moved.order_line_id = surplus.ordered_line_id
    group by moved.order_line_id
)

select
    surplus.ordered_line_id as subject_id,
    valued.entity_id,
    valued.customer_id,
    valued.event_date,
    valued.currency,
    round_money(valued.owed_amount, valued.currency) as expected_amount,
    round_money(valued.stated_amount, valued.currency) as billed_amount,
    number_text(surplus.billed_quantity) || ' billed, '
    || number_text(surplus.delivered_quantity) || ' delivered net of returns'
    || case
        when surplus.shipped_quantity > surplus.delivered_quantity
            then ', ' || number_text(surplus.shipped_quantity - surplus.delivered_quantity) || ' on the way'
        else ''
    end
    || case
        when surplus.credited_quantity < 0 then ', ' || number_text(-surplus.credited_quantity) || ' credited'
        else ''
    end as reason,
    case
        when surplus.billed_quantity <= surplus.shipped_quantity then 'in_transit'
        when surplus.billed_quantity + surplus.credited_quantity <= surplus.delivered_quantity then 'credited'
    end as suppressed_by,
    surplus.ordered_line_id as evidence_order_lines,
    valued.invoice_line_ids as evidence_invoice_lines,
    valued.invoice_ids as evidence_invoices,
    proof.delivery_line_ids as evidence_delivery_lines,
    proof.delivery_ids as evidence_deliveries
from surplus
inner join valued on surplus.ordered_line_id = valued.ordered_line_id
inner join proof on surplus.ordered_line_id = proof.order_line_id
