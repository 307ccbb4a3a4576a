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
  invoices: [reason_code, order_id, original_invoice_id]
  invoice_lines: [product_id, delivery_line_id]
  deliveries: [entity_id, shipped_on, delivered_on]
  order_lines: [order_line_id, order_id, product_id]
  orders: [order_id, reason_code]
parameters:
  grace_days: {default: 10, unit: days, why: goods that are billed when they are packed arrive within a week or so}
  transit_days: {default: 30, unit: days, why: by sea goods may be under way for a month}
suppressions:
  in_grace: invoiced less than grace_days before the as-of date
  prepayment: the order or the invoice says that it is paid in advance
  in_transit: a consignment of the order line was shipped in the last transit_days and is not yet delivered
  credited: live credit memo lines of the order line give back all that it was billed
why: >
  An invoice for goods that never left the house is revenue that never was, and a customer who will not pay.
next_step: Ask the warehouse for the proof of delivery; deliver, or credit the line.
---*/
with physical as (
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

consigned as (
    select
        delivery_line_id,
        order_line_id,
        status = 'delivered' and coalesce(delivered_on <= $as_of, true) as is_delivered
    from consigned_lines
    where
        kind = 'sale'
        and status in ('shipped', 'delivered')
        and quantity > 0
        and coalesce(moved_on <= $as_of, true)
),

-- Where later consignments have arrived, one that has not is lost in time; some books never say what arrived.
newest as (
    select
        entity_id,
        max(shipped_on) as shipped_on
    from deliveries
    where kind = 'sale' and status = 'delivered' and delivered_on <= $as_of
    group by entity_id
),

arrived as (
    select order_line_id
    from consigned
    where is_delivered
),

-- Its order line may have been delivered, or the consignment that it names itself.
-- by order_lines.order_line_id as ordered_line_id
undelivered as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.ordered_line_id,
        line.product_id,
        line.net_amount,
        line.kind,
        line.entity_id,
        line.customer_id,
        line.invoice_date,
        line.currency,
        line.order_id,
        line.reason_code,
        own.delivery_line_id as own_line_id
    from linked_lines as line
    left join arrived on line.ordered_line_id = arrived.order_line_id
    left join consigned as own on line.delivery_line_id = own.delivery_line_id
    where
        arrived.order_line_id is null
        and not coalesce(own.is_delivered, false)
),

ordered_lines as (
    select
        order_line_id,
        order_id,
        product_id
    from order_lines
    where order_line_id in (select undelivered.ordered_line_id from undelivered)
),

-- A line that takes something back bills nothing.
missing as (
    select
        line.*,
        days_between(line.invoice_date, $as_of) as age,
        ordered.order_line_id as known_line_id,
        ordered.order_id as known_order_id,
        line.reason_code = 'prepayment'
        or coalesce(billed_order.order_id, ordered_order.order_id) is not null as is_prepaid
    from undelivered as line
    left join ordered_lines as ordered on line.ordered_line_id = ordered.order_line_id
    inner join physical on coalesce(line.product_id, ordered.product_id) = physical.product_id
    left join prepaid as billed_order on line.order_id = billed_order.order_id
    left join prepaid as ordered_order on ordered.order_id = ordered_order.order_id
    where
        line.kind <> 'credit_memo'
        and line.invoice_date <= $as_of
        and line.net_amount >= 0
),

missing_lines as (
    select ordered_line_id
    from missing
    group by ordered_line_id
),

-- A memo without links is for the one line of its original that bills that product.
originals as (
    select
        invoice_id,
        product_id,
        min(ordered_line_id) as ordered_line_id
    from missing
    group by invoice_id, product_id
    having min(ordered_line_id) = max(ordered_line_id)
),

movements as (
    select
        ordered_line_id,
        currency,
        invoice_date,
        kind,
        net_amount
    from linked_lines
    where ordered_line_id in (select missing_lines.ordered_line_id from missing_lines)
    union all
    select
        original.ordered_line_id,
        line.currency,
        line.invoice_date,
        line.kind,
        line.net_amount
    from live_lines as line
    inner join originals as original
        on line.original_invoice_id = original.invoice_id and line.product_id = original.product_id
    where line.kind = 'credit_memo' and line.order_line_id is null and line.delivery_line_id is null
),

taken_back as (
    select
        ordered_line_id,
        currency,
        sum(case when kind = 'credit_memo' then net_amount end) as credited_amount,
        sum(net_amount) as kept_amount
    from movements
    where invoice_date <= $as_of
    group by ordered_line_id, currency
),

sent as (
    select
        missing.invoice_line_id,
        consigned.delivery_line_id
    from missing
    inner join consigned on missing.ordered_line_id = consigned.order_line_id
    union all
    select
        invoice_line_id,
        own_line_id as delivery_line_id
    from missing
),

items as (
    select
        delivery_line_id,
        delivery_id
    from delivery_lines
    where delivery_line_id in (select sent.delivery_line_id from sent)
),

on_the_way as (
    select
        sent.invoice_line_id,
        list(item.delivery_line_id) as delivery_line_ids,
        list(item.delivery_id) as delivery_ids,
        max(
            case
                when
                    days_between(least(delivery.shipped_on, delivery.delivered_on), $as_of) > $transit_days
                    and newest.shipped_on > least(delivery.shipped_on, delivery.delivered_on)
                    then 0
                else 1
            end
        ) as is_moving
    from sent
    inner join items as item on sent.delivery_line_id = item.delivery_line_id
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    left join newest on delivery.entity_id = newest.entity_id
    group by sent.invoice_line_id
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
        when on_the_way.is_moving = 1 then 'in_transit'
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
inner join taken_back
    on missing.ordered_line_id = taken_back.ordered_line_id and missing.currency = taken_back.currency
