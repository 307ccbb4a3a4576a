/*---
id: OCC-03
title: More billed than delivered
severity: high
grain: order_line_id
subject: order_lines
examines: order_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
  deliveries: [delivery_id, kind, status]
  delivery_lines: [delivery_line_id, delivery_id, order_line_id, quantity]
uses:
  deliveries: [shipped_on, delivered_on]
  invoice_lines: [order_line_id, delivery_line_id]
suppressions:
  in_transit: the rest is shipped and not yet delivered
  credited: credit memos for the order line took the surplus back, in pieces and in money
why: >
  The customer pays for goods that never arrived, and finds out at the next stock count.
next_step: Compare the proof of delivery with the invoice; credit the surplus or find the missing consignment.
---*/
with moved as (
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        delivery.kind,
        case when delivery.kind = 'return' then -abs(item.quantity) else item.quantity end as quantity,
        delivery.status = 'delivered'
        and coalesce(delivery.delivered_on <= $as_of, true) as is_delivered
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        delivery.kind in ('sale', 'return')
        and delivery.status in ('shipped', 'delivered')
        and coalesce(least(delivery.shipped_on, delivery.delivered_on) <= $as_of, true)
),

-- A return counts from the day it is on its way, a sale from the day it has arrived.
delivered as (
    select
        order_line_id,
        greatest(
            0, sum(least(0, quantity) + case when is_delivered then greatest(0, quantity) else 0 end)
        ) as delivered_quantity,
        sum(quantity) as shipped_quantity
    from moved
    group by order_line_id
    having count(case when kind = 'sale' then delivery_line_id end) > 0
),

linked as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.entity_id,
        line.customer_id,
        line.invoice_date,
        line.currency,
        line.unit_price,
        line.net_amount,
        coalesce(line.order_line_id, item.order_line_id) as ordered_line_id,
        case when line.kind = 'credit_memo' then 0 else line.quantity end as quantity,
        case
            when line.kind = 'credit_memo' then -sign(line.net_amount) * abs(line.quantity)
            else 0
        end as credited_quantity,
        case when line.kind <> 'credit_memo' then line.invoice_date end as billed_on
    from live_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.invoice_date <= $as_of
),

billed as (
    select
        ordered_line_id,
        sum(quantity) as billed_quantity,
        sum(credited_quantity) as credited_quantity
    from linked
    group by ordered_line_id
),

surplus as (
    select
        billed.ordered_line_id,
        billed.billed_quantity,
        billed.credited_quantity,
        delivered.delivered_quantity,
        delivered.shipped_quantity
    from billed
    inner join delivered on billed.ordered_line_id = delivered.order_line_id
    where billed.billed_quantity > delivered.delivered_quantity
),

counted as (
    select
        line.*,
        surplus.delivered_quantity,
        sum(line.quantity) over (
            partition by line.ordered_line_id
            order by line.invoice_date, line.invoice_line_id
            rows between unbounded preceding and current row
        ) as billed_so_far
    from linked as line
    inner join surplus on line.ordered_line_id = surplus.ordered_line_id
),

-- What was delivered is set against the oldest invoice lines; the surplus has the price of the newest.
owed as (
    select
        *,
        least(billed_so_far, delivered_quantity)
        - least(billed_so_far - quantity, delivered_quantity) as owed_quantity
    from counted
),

-- Amounts in different currencies are never added: a line billed in two has none.
valued as (
    select
        ordered_line_id,
        min(currency) as currency,
        round_money(sum(times_price(owed_quantity, unit_price)), min(currency)) as owed_amount,
        round_money(sum(times_price(quantity, unit_price)), min(currency)) as stated_amount,
        sum(net_amount) as kept_amount
    from owed
    group by ordered_line_id
    having min(currency) = max(currency)
),

proof as (
    select
        ordered_line_id,
        min(entity_id) as entity_id,
        min(customer_id) as customer_id,
        max(billed_on) as event_date,
        list(invoice_line_id) as invoice_line_ids,
        list(invoice_id) as invoice_ids
    from owed
    group by ordered_line_id
),

delivery_proof as (
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
    proof.entity_id,
    proof.customer_id,
    proof.event_date,
    valued.currency,
    valued.owed_amount as expected_amount,
    valued.stated_amount as billed_amount,
    number_text(surplus.billed_quantity) || ' billed, '
    || number_text(surplus.delivered_quantity) || ' delivered net of returns'
    || case
        when surplus.shipped_quantity > surplus.delivered_quantity
            then ', ' || number_text(surplus.shipped_quantity - surplus.delivered_quantity) || ' on the way'
        else ''
    end
    || case
        when surplus.credited_quantity > 0 then ', ' || number_text(surplus.credited_quantity) || ' credited'
        else ''
    end as reason,
    case
        when surplus.billed_quantity <= surplus.shipped_quantity then 'in_transit'
        when
            surplus.billed_quantity - surplus.credited_quantity <= surplus.delivered_quantity
            and valued.kept_amount <= valued.owed_amount
            then 'credited'
    end as suppressed_by,
    surplus.ordered_line_id as evidence_order_lines,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices,
    delivery_proof.delivery_line_ids as evidence_delivery_lines,
    delivery_proof.delivery_ids as evidence_deliveries
from surplus
inner join proof on surplus.ordered_line_id = proof.ordered_line_id
inner join delivery_proof on surplus.ordered_line_id = delivery_proof.order_line_id
left join valued on surplus.ordered_line_id = valued.ordered_line_id
