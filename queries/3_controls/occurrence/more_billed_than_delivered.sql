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
  invoices: [original_invoice_id]
  invoice_lines: [product_id, order_line_id, delivery_line_id, discount_amount]
suppressions:
  in_transit: the rest is shipped and not yet delivered
  credited: credit memos for the order line took the surplus back, in pieces and in money
why: >
  The customer pays for goods that never arrived, and finds out at the next stock count.
next_step: Compare the proof of delivery with the invoice; credit the surplus or find the missing consignment.
---*/
-- A return counts from the day it is on its way, a sale from the day it has arrived.
with pieces as (
    select
        item.order_line_id,
        case
            when item.kind = 'return' then -abs(item.quantity)
            when item.status = 'delivered' and coalesce(item.delivered_on <= $as_of, true) then item.quantity
            else least(0, item.quantity)
        end as delivered_quantity,
        cast(null as decimal(18, 6)) as billed_quantity
    from consigned_lines as item
    where
        item.kind in ('sale', 'return')
        and item.status in ('shipped', 'delivered')
        and coalesce(item.moved_on <= $as_of, true)
    union all
    select
        line.ordered_line_id as order_line_id,
        cast(null as decimal(18, 6)) as delivered_quantity,
        line.quantity as billed_quantity
    from linked_lines as line
    where line.kind <> 'credit_memo' and line.invoice_date <= $as_of
),

-- Few order lines are billed beyond: what else is known of them is looked up afterwards.
-- by order_lines.order_line_id as ordered_line_id
beyond as (
    select
        order_line_id as ordered_line_id,
        sum(billed_quantity) as billed_quantity,
        greatest(0, sum(delivered_quantity)) as delivered_quantity
    from pieces
    group by order_line_id
    having sum(billed_quantity) > sum(delivered_quantity) and sum(billed_quantity) > 0
),

consigned as (
    select
        item.order_line_id,
        item.delivery_line_id,
        item.delivery_id,
        item.kind,
        case when item.kind = 'return' then -abs(item.quantity) else item.quantity end as shipped_quantity
    from (
        select *
        from consigned_lines
        where order_line_id in (select beyond.ordered_line_id from beyond)
    ) as item
    where
        item.kind in ('sale', 'return')
        and item.status in ('shipped', 'delivered')
        and coalesce(item.moved_on <= $as_of, true)
),

delivery_proof as (
    select
        order_line_id,
        sum(shipped_quantity) as shipped_quantity,
        list(delivery_line_id) as delivery_line_ids,
        list(delivery_id) as delivery_ids
    from consigned
    group by order_line_id
    having count(case when kind = 'sale' then order_line_id end) > 0
),

linked as (
    select
        ordered_line_id,
        invoice_line_id,
        invoice_id,
        kind,
        entity_id,
        customer_id,
        product_id,
        invoice_date,
        currency,
        quantity,
        unit_price,
        discount_amount,
        net_amount
    from linked_lines
    where ordered_line_id in (select other.ordered_line_id from beyond as other)
),

-- Of an original's lines for one product, the one that is billed beyond is what a memo without links is for.
originals as (
    select
        invoice_id,
        product_id,
        min(ordered_line_id) as ordered_line_id
    from linked
    group by invoice_id, product_id
    having min(ordered_line_id) = max(ordered_line_id)
),

unlinked as (
    select
        original.ordered_line_id,
        line.invoice_line_id,
        line.invoice_id,
        line.kind,
        line.entity_id,
        line.customer_id,
        line.product_id,
        line.invoice_date,
        line.currency,
        line.quantity,
        line.unit_price,
        line.discount_amount,
        line.net_amount
    from live_lines as line
    inner join originals as original
        on line.original_invoice_id = original.invoice_id and line.product_id = original.product_id
    where line.kind = 'credit_memo' and line.order_line_id is null and line.delivery_line_id is null
),

billed as (
    select
        line.ordered_line_id,
        line.invoice_line_id,
        line.invoice_id,
        line.entity_id,
        line.customer_id,
        line.invoice_date,
        line.currency,
        line.unit_price,
        -- What it comes to before rounding, or the cents of three roundings would look like money kept.
        case
            when
                abs(times_price(line.quantity, line.unit_price) - coalesce(line.discount_amount, 0) - line.net_amount)
                < minor_unit(line.currency)
                then times_price(line.quantity, line.unit_price) - coalesce(line.discount_amount, 0)
            else line.net_amount
        end as exact_amount,
        beyond.delivered_quantity,
        case when line.kind = 'credit_memo' then 0 else line.quantity end as quantity,
        case
            when line.kind = 'credit_memo' and line.net_amount = 0 then -line.quantity
            when line.kind = 'credit_memo' then -sign(line.net_amount) * abs(line.quantity)
            else 0
        end as credited_quantity,
        case when line.kind <> 'credit_memo' then line.invoice_date end as billed_on
    from (
        select *
        from linked
        union all
        select *
        from unlinked
    ) as line
    inner join beyond on line.ordered_line_id = beyond.ordered_line_id
    where line.invoice_date <= $as_of
),

counted as (
    select
        *,
        sum(quantity) over (
            partition by ordered_line_id
            order by invoice_date, length(invoice_line_id), invoice_line_id
            rows between unbounded preceding and current row
        ) as billed_so_far
    from billed
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
        -- What was billed too low and billed again is kept at the later price.
        max(case when billed_on is not null then times_price(delivered_quantity, unit_price) end) as owed_at_most,
        sum(exact_amount) as kept_amount
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
        sum(credited_quantity) as credited_quantity,
        list(invoice_line_id) as invoice_line_ids,
        list(invoice_id) as invoice_ids
    from owed
    group by ordered_line_id
)

select
    beyond.ordered_line_id as subject_id,
    proof.entity_id,
    proof.customer_id,
    proof.event_date,
    valued.currency,
    valued.owed_amount as expected_amount,
    valued.stated_amount as billed_amount,
    number_text(beyond.billed_quantity) || ' billed, '
    || number_text(beyond.delivered_quantity) || ' delivered net of returns'
    || case
        when delivery_proof.shipped_quantity > beyond.delivered_quantity
            then ', ' || number_text(delivery_proof.shipped_quantity - beyond.delivered_quantity) || ' on the way'
        else ''
    end
    || case
        when proof.credited_quantity > 0 then ', ' || number_text(proof.credited_quantity) || ' credited'
        else ''
    end as reason,
    case
        when beyond.billed_quantity <= delivery_proof.shipped_quantity then 'in_transit'
        when
            beyond.billed_quantity - proof.credited_quantity <= beyond.delivered_quantity
            and valued.kept_amount <= valued.owed_at_most
            then 'credited'
    end as suppressed_by,
    beyond.ordered_line_id as evidence_order_lines,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices,
    delivery_proof.delivery_line_ids as evidence_delivery_lines,
    delivery_proof.delivery_ids as evidence_deliveries
from beyond
inner join proof on beyond.ordered_line_id = proof.ordered_line_id
inner join delivery_proof on beyond.ordered_line_id = delivery_proof.order_line_id
left join valued on beyond.ordered_line_id = valued.ordered_line_id
