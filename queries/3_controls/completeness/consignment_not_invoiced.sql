/*---
id: COM-01
title: Consignment delivered, not invoiced
severity: high
grain: delivery_line_id
subject: delivery_lines
examines: delivery_lines
standing: true
needs:
  deliveries: [delivery_id, entity_id, customer_id, kind, status]
  delivery_lines: [delivery_line_id, delivery_id, quantity]
  order_lines: [order_line_id, order_id, quantity, unit_price]
  orders: [order_id, currency]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, quantity]
uses:
  deliveries: [shipped_on, delivered_on, order_id]
  delivery_lines: [order_line_id]
  order_lines: [discount_amount]
  invoice_lines: [delivery_line_id, order_line_id]
parameters:
  grace_days: {default: 5, unit: days, why: the invoice run may follow the delivery by a working week}
suppressions:
  not_for_sale: a sample or a transfer between own sites
  returned: what was not billed came back
  free_of_charge: the order line costs nothing
  billed_by_order: the order line as a whole is covered
  in_grace: handed over less than grace_days before the as-of date
why: >
  What left the house and was never billed is revenue given away; nobody complains about it.
next_step: Look for the order line in billing; bill the rest or find who stopped it.
---*/
with
-- Only a consignment that the lines which name it bill in part can be short: most are out here, by two numbers each.
-- by delivery_lines.delivery_line_id
wanting as (
    select
        delivery_line_id,
        coalesce(sum(billed_quantity), 0) as named_quantity
    from (
        select
            delivery_line_id,
            quantity,
            cast(null as decimal(18, 6)) as billed_quantity
        from delivery_lines
        union all
        select
            delivery_line_id,
            cast(null as decimal(18, 6)) as quantity,
            quantity as billed_quantity
        from (
            select
                delivery_line_id,
                invoice_date,
                quantity
            from billed_lines
            where delivery_line_id is not null
        ) as line
        where invoice_date <= $as_of
    ) as counted
    group by delivery_line_id
    having
        max(quantity) <> least(max(quantity), coalesce(sum(billed_quantity), 0))
        or sum(billed_quantity) <> abs(sum(billed_quantity))
),

wanting_orders as (
    select item.order_line_id
    from delivery_lines as item
    inner join wanting on item.delivery_line_id = wanting.delivery_line_id
    group by item.order_line_id
),

-- These and what else there is of their order lines.
linked as (
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        item.quantity,
        item.kind,
        item.status,
        item.shipped_on,
        item.delivered_on,
        item.moved_on,
        wanting.named_quantity
    from consigned_lines as item
    left join wanting on item.delivery_line_id = wanting.delivery_line_id
    left join wanting_orders on item.order_line_id = wanting_orders.order_line_id
    where coalesce(wanting.delivery_line_id, wanting_orders.order_line_id) is not null
),

handed_over as (
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        item.named_quantity,
        item.kind,
        case when item.kind in ('sale', 'return') then item.order_line_id end as sold_line_id,
        case when item.kind = 'return' then 0 else greatest(0, item.quantity) end as quantity,
        case
            when item.kind = 'return' then abs(item.quantity)
            when item.kind = 'sale' then greatest(0, -item.quantity)
            else 0
        end as returned_quantity,
        case
            when item.delivered_on <= $as_of then item.delivered_on
            else item.shipped_on
        end as handed_over_on
    from linked as item
    where
        item.status in ('shipped', 'delivered')
        and coalesce(item.moved_on <= $as_of, true)
),

-- The consignments of an order line are one chain; what was not sold on one is a chain of its own.
chained as (
    select
        *,
        coalesce(named_quantity, quantity) as direct_quantity,
        case when sold_line_id is null then delivery_line_id end as lone_line_id
    from handed_over
),

-- Lines that name one of them, or its order line.
named as (
    select
        invoice_line_id,
        delivery_line_id,
        order_line_id,
        invoice_date,
        quantity
    from billed_lines
    where
        order_line_id in (select wanting_orders.order_line_id from wanting_orders)
        or delivery_line_id in (select linked.delivery_line_id from linked)
),

billed as (
    select
        line.invoice_line_id,
        item.delivery_line_id,
        coalesce(item.order_line_id, line.order_line_id) as order_line_id,
        line.quantity
    from named as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.invoice_date <= $as_of
),

billed_to_order as (
    select
        order_line_id,
        sum(quantity) as quantity,
        sum(case when delivery_line_id is null then quantity else 0 end) as open_quantity
    from billed
    group by order_line_id
),

-- What was billed to the order line alone may cover them all: then there is nothing to divide below.
unsettled as (
    select line_id
    from (
        select
            coalesce(item.sold_line_id, item.delivery_line_id) as line_id,
            item.quantity - least(item.quantity, item.direct_quantity) as missing_quantity,
            coalesce(billed_to_order.open_quantity, 0) as open_quantity
        from chained as item
        left join billed_to_order on item.sold_line_id = billed_to_order.order_line_id
    ) as consignment
    group by line_id, open_quantity
    having sum(missing_quantity) <> least(sum(missing_quantity), open_quantity)
),

summed as (
    select
        *,
        sum(quantity) over (partition by sold_line_id, lone_line_id) as chain_quantity,
        sum(returned_quantity) over (partition by sold_line_id, lone_line_id) as chain_returned_quantity,
        sum(quantity) over (
            partition by sold_line_id, lone_line_id
            order by handed_over_on nulls last, length(delivery_line_id), delivery_line_id
            rows between unbounded preceding and current row
        ) as quantity_so_far
    from chained
    where coalesce(sold_line_id, delivery_line_id) in (select unsettled.line_id from unsettled)
),

-- Returns are taken off the newest consignment first.
kept as (
    select
        *,
        quantity - greatest(
            0, least(quantity, chain_returned_quantity - (chain_quantity - quantity_so_far))
        ) as kept_quantity
    from summed
),

covered as (
    select
        kept.*,
        coalesce(billed_to_order.open_quantity, 0) as open_quantity,
        greatest(0, kept.kept_quantity - kept.direct_quantity) as needed_quantity,
        kept.chain_quantity - kept.chain_returned_quantity <= billed_to_order.quantity as is_order_covered
    from kept
    left join billed_to_order on kept.sold_line_id = billed_to_order.order_line_id
),

-- What was billed to the order line alone covers the oldest consignment first.
judged as (
    select
        *,
        direct_quantity + greatest(
            0,
            open_quantity + needed_quantity - sum(needed_quantity) over (
                partition by sold_line_id, lone_line_id
                order by handed_over_on nulls last, length(delivery_line_id), delivery_line_id
                rows between unbounded preceding and current row
            )
        ) as billed_quantity
    from covered
),

short as (
    select *
    from judged
    where quantity > greatest(0, billed_quantity)
),

bills as (
    select
        found.delivery_line_id,
        list(found.invoice_line_id) as invoice_line_ids
    from (
        select
            short.delivery_line_id,
            billed.invoice_line_id
        from short
        inner join billed on short.delivery_line_id = billed.delivery_line_id
        union all
        select
            short.delivery_line_id,
            billed.invoice_line_id
        from short
        inner join billed on short.sold_line_id = billed.order_line_id
    ) as found
    group by found.delivery_line_id
),

proof as (
    select
        found.delivery_line_id,
        list(found.proof_line_id) as delivery_line_ids,
        list(found.proof_id) as delivery_ids
    from (
        select
            delivery_line_id,
            delivery_line_id as proof_line_id,
            delivery_id as proof_id
        from short
        union all
        select
            short.delivery_line_id,
            back.delivery_line_id as proof_line_id,
            back.delivery_id as proof_id
        from short
        inner join handed_over as back on short.sold_line_id = back.sold_line_id
        where back.returned_quantity > 0
    ) as found
    group by found.delivery_line_id
),

valued as (
    -- An extract that holds an order twice is no second finding.
    select distinct
        short.delivery_line_id,
        short.order_line_id,
        short.kind,
        short.handed_over_on,
        short.quantity,
        short.kept_quantity,
        short.billed_quantity,
        short.is_order_covered,
        delivery.entity_id,
        delivery.customer_id,
        purchase.order_id as purchase_id,
        purchase.currency,
        times_price(short.kept_quantity, ordered.unit_price)
        - coalesce(portion(ordered.discount_amount, short.kept_quantity, ordered.quantity), 0) as kept_amount,
        times_price(short.billed_quantity, ordered.unit_price)
        - coalesce(portion(ordered.discount_amount, short.billed_quantity, ordered.quantity), 0) as billed_amount,
        times_price(short.quantity, ordered.unit_price)
        - coalesce(portion(ordered.discount_amount, short.quantity, ordered.quantity), 0) <= 0 as is_free
    from short
    inner join deliveries as delivery on short.delivery_id = delivery.delivery_id
    left join order_lines as ordered on short.order_line_id = ordered.order_line_id
    left join orders as purchase on coalesce(ordered.order_id, delivery.order_id) = purchase.order_id
)

select
    valued.delivery_line_id as subject_id,
    valued.entity_id,
    valued.customer_id,
    valued.handed_over_on as event_date,
    valued.currency,
    round_money(valued.kept_amount, valued.currency) as expected_amount,
    round_money(valued.billed_amount, valued.currency) as billed_amount,
    number_text(valued.quantity) || ' handed over on ' || coalesce(cast(valued.handed_over_on as varchar), 'no date')
    || case
        when valued.kept_quantity < valued.quantity
            then ', ' || number_text(valued.quantity - valued.kept_quantity) || ' returned'
        else ''
    end
    || ', ' || number_text(valued.billed_quantity) || ' billed'
    || coalesce(', ' || days_between(valued.handed_over_on, $as_of) || ' days on', '') as reason,
    case
        when valued.kind <> 'sale' then 'not_for_sale'
        when valued.kept_quantity <= valued.billed_quantity then 'returned'
        when valued.is_free then 'free_of_charge'
        when valued.is_order_covered then 'billed_by_order'
        when days_between(valued.handed_over_on, $as_of) < $grace_days then 'in_grace'
    end as suppressed_by,
    proof.delivery_line_ids as evidence_delivery_lines,
    proof.delivery_ids as evidence_deliveries,
    valued.order_line_id as evidence_order_lines,
    valued.purchase_id as evidence_orders,
    bills.invoice_line_ids as evidence_invoice_lines
from valued
inner join proof on valued.delivery_line_id = proof.delivery_line_id
left join bills on valued.delivery_line_id = bills.delivery_line_id
