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
with handed_over as (
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        item.quantity,
        delivery.kind,
        delivery.entity_id,
        delivery.customer_id,
        delivery.order_id,
        case
            when delivery.delivered_on <= $as_of then delivery.delivered_on
            else coalesce(delivery.shipped_on, delivery.delivered_on)
        end as handed_over_on
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        delivery.status in ('shipped', 'delivered')
        and coalesce(delivery.shipped_on <= $as_of or delivery.delivered_on <= $as_of, true)
),

returned as (
    select
        order_line_id,
        sum(abs(quantity)) as quantity
    from handed_over
    where kind = 'return' or (kind = 'sale' and quantity < 0)
    group by order_line_id
),

consigned as (
    select
        item.*,
        case
            when item.kind = 'sale' and item.order_line_id is not null then 'order line ' || item.order_line_id
            else 'delivery line ' || item.delivery_line_id
        end as chain,
        case when item.kind = 'sale' then coalesce(returned.quantity, 0) else 0 end as returned_in_chain
    from handed_over as item
    left join returned on item.order_line_id = returned.order_line_id
    where item.kind in ('sale', 'sample', 'transfer') and item.quantity > 0
),

-- Returns are taken off the newest consignment first.
kept as (
    select
        item.*,
        item.quantity - greatest(
            0,
            least(
                item.quantity,
                item.returned_in_chain + item.quantity - sum(item.quantity) over (
                    partition by item.chain
                    order by item.handed_over_on desc, item.delivery_line_id desc
                    rows between unbounded preceding and current row
                )
            )
        ) as kept_quantity
    from consigned as item
),

billed as (
    select
        consigned.delivery_line_id,
        line.order_line_id,
        line.quantity
    from billed_lines as line
    left join consigned on line.delivery_line_id = consigned.delivery_line_id
    where
        line.invoice_date <= $as_of
        and (consigned.delivery_line_id is not null or line.order_line_id is not null)
),

billed_to_line as (
    select
        delivery_line_id,
        sum(quantity) as quantity
    from billed
    where delivery_line_id is not null
    group by delivery_line_id
),

billed_to_order as (
    select
        order_line_id,
        sum(quantity) as quantity
    from billed
    where delivery_line_id is null
    group by order_line_id
),

covered as (
    select
        kept.*,
        coalesce(billed_to_line.quantity, 0) as direct_quantity,
        case when kept.kind = 'sale' then coalesce(billed_to_order.quantity, 0) else 0 end as order_quantity,
        greatest(0, kept.kept_quantity - coalesce(billed_to_line.quantity, 0)) as needed_quantity
    from kept
    left join billed_to_line on kept.delivery_line_id = billed_to_line.delivery_line_id
    left join billed_to_order on kept.order_line_id = billed_to_order.order_line_id
),

-- What was billed to the order line only covers the oldest consignment first.
judged as (
    select
        item.*,
        item.direct_quantity + greatest(
            0,
            least(
                item.needed_quantity,
                item.order_quantity + item.needed_quantity - sum(item.needed_quantity) over (
                    partition by item.chain
                    order by item.handed_over_on, item.delivery_line_id
                    rows between unbounded preceding and current row
                )
            )
        ) as billed_quantity,
        sum(item.kept_quantity) over (partition by item.chain)
        <= item.order_quantity + sum(item.direct_quantity) over (partition by item.chain) as is_order_covered
    from covered as item
),

short as (
    select * from judged
    where quantity > billed_quantity
),

bills as (
    select
        found.delivery_line_id,
        list(found.invoice_line_id) as invoice_line_ids
    from (
        select
            short.delivery_line_id,
            line.invoice_line_id
        from short
        inner join billed_lines as line on short.delivery_line_id = line.delivery_line_id
        union
        select
            short.delivery_line_id,
            line.invoice_line_id
        from short
        inner join billed_lines as line on short.order_line_id = line.order_line_id
    ) as found
    group by found.delivery_line_id
)

select
    short.delivery_line_id as subject_id,
    short.entity_id,
    short.customer_id,
    short.handed_over_on as event_date,
    purchase.currency,
    round_money(
        times_price(short.kept_quantity, ordered.unit_price)
        - coalesce(portion(coalesce(ordered.discount_amount, 0), short.kept_quantity, ordered.quantity), 0),
        purchase.currency
    ) as expected_amount,
    round_money(
        times_price(short.billed_quantity, ordered.unit_price)
        - coalesce(portion(coalesce(ordered.discount_amount, 0), short.billed_quantity, ordered.quantity), 0),
        purchase.currency
    ) as billed_amount,
    number_text(short.quantity) || ' handed over on ' || coalesce(cast(short.handed_over_on as varchar), 'no date')
    || case
        when short.kept_quantity < short.quantity
            then ', ' || number_text(short.quantity - short.kept_quantity) || ' returned'
        else ''
    end
    || ', ' || number_text(short.billed_quantity) || ' billed'
    || coalesce(', ' || days_between(short.handed_over_on, $as_of) || ' days on', '') as reason,
    case
        when short.kind <> 'sale' then 'not_for_sale'
        when short.kept_quantity <= short.billed_quantity then 'returned'
        when
            times_price(ordered.quantity, ordered.unit_price) <= coalesce(ordered.discount_amount, 0)
            then 'free_of_charge'
        when short.is_order_covered then 'billed_by_order'
        when days_between(short.handed_over_on, $as_of) < $grace_days then 'in_grace'
    end as suppressed_by,
    short.delivery_line_id as evidence_delivery_lines,
    short.delivery_id as evidence_deliveries,
    ordered.order_line_id as evidence_order_lines,
    purchase.order_id as evidence_orders,
    bills.invoice_line_ids as evidence_invoice_lines
from short
left join order_lines as ordered on short.order_line_id = ordered.order_line_id
left join orders as purchase on coalesce(ordered.order_id, short.order_id) = purchase.order_id
left join bills on short.delivery_line_id = bills.delivery_line_id
