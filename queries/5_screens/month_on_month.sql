/*---
id: SCR-08
title: Month-on-month change
form: bridge
asks: What made the invoiced net of this month differ from the month before?
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, product_id, quantity, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, gross_amount]
  products: [product_id, unit]
parameters:
  most_times: {default: 10, unit: times, why: a unit price that moves further counts a lump here and pieces there}
read_as: >
  Lines of invoices and debit memos by invoice date, per customer and product; credit memos are a part of their own.
  Quantity is what the earlier amount would have become had it grown with all that is sold in the same unit; mix is its
  own growth beyond that; price is the rest of the change, discounts included. The two amounts in between are rounded to
  the minor unit, each once, so what rounding takes from one part it gives to the next, and the parts add up exactly.
  Where no unit price can be compared (no quantity, or a unit price more than ten times the other) the whole change is
  price.
  A customer-product that left one currency for another is the part currency in both; the two amounts never meet.
---*/
with lines as (
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        kind = 'credit_memo' as is_credit,
        invoice_date >= $month_from as is_later,
        quantity,
        net_amount
    from live_lines
    where invoice_date >= $before_from and invoice_date < $month_to
),

units as (
    select
        product_id,
        min(unit) as unit
    from products
    group by product_id
),

-- One row per customer-product and currency: what it was, what it is.
billed as (
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        count(case when not is_later then 1 end) > 0 as was,
        count(case when is_later then 1 end) > 0 as stays,
        sum(case when is_later then 0 else net_amount end) as before_amount,
        sum(case when is_later then net_amount else 0 end) as after_amount,
        sum(case when is_later then 0 else coalesce(quantity, 0) end) as before_quantity,
        sum(case when is_later then coalesce(quantity, 0) else 0 end) as after_quantity
    from lines
    where not is_credit
    group by entity_id, currency, customer_id, product_id
),

moves as (
    select
        *,
        count(case when was and not stays then 1 end)
            over (partition by entity_id, customer_id, product_id) as left_behind,
        count(case when stays and not was then 1 end)
            over (partition by entity_id, customer_id, product_id) as taken_up
    from billed
),

fates as (
    select
        moves.*,
        case
            when moves.was and moves.stays then 'kept'
            when moves.left_behind > 0 and moves.taken_up > 0 then 'currency'
            when moves.stays then 'new'
            else 'ended'
        end as fate,
        moves.was
        and moves.stays
        and moves.before_quantity > 0
        and moves.after_quantity > 0
        and ten_thousandths(moves.after_amount) * millionths(moves.before_quantity)
        <= $most_times * (ten_thousandths(moves.before_amount) * millionths(moves.after_quantity))
        and ten_thousandths(moves.before_amount) * millionths(moves.after_quantity)
        <= $most_times * (ten_thousandths(moves.after_amount) * millionths(moves.before_quantity)) as measured,
        coalesce(
            'unit ' || units.unit, 'product ' || moves.product_id, 'customer ' || moves.customer_id, 'none'
        ) as measure
    from moves
    left join units on moves.product_id = units.product_id
),

growing as (
    select
        *,
        sum(case when measured then before_quantity else 0 end)
            over (partition by entity_id, currency, measure) as all_before,
        sum(case when measured then after_quantity else 0 end)
            over (partition by entity_id, currency, measure) as all_after
    from fates
),

-- What the earlier amount becomes, first with the quantity of everything in its unit, then with its own.
stepped as (
    select
        *,
        case
            when measured then round_money(portion(before_amount, all_after, all_before), currency)
            else before_amount
        end as grown_amount,
        case
            when measured then round_money(portion(before_amount, after_quantity, before_quantity), currency)
            else before_amount
        end as repriced_amount
    from growing
),

parts as (
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        'price' as part,
        before_amount,
        after_amount,
        after_amount - repriced_amount as change_amount
    from stepped
    where fate = 'kept'
    union all
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        'quantity' as part,
        before_amount,
        after_amount,
        grown_amount - before_amount as change_amount
    from stepped
    where fate = 'kept'
    union all
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        'mix' as part,
        before_amount,
        after_amount,
        repriced_amount - grown_amount as change_amount
    from stepped
    where fate = 'kept'
    union all
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        fate as part,
        before_amount,
        after_amount,
        after_amount - before_amount as change_amount
    from stepped
    where fate <> 'kept'
    union all
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        'credits' as part,
        sum(case when is_later then 0 else net_amount end) as before_amount,
        sum(case when is_later then net_amount else 0 end) as after_amount,
        sum(case when is_later then net_amount else -net_amount end) as change_amount
    from lines
    where is_credit
    group by entity_id, currency, customer_id, product_id
),

totals as (
    select
        entity_id,
        currency,
        sum(case when is_later then 0 else net_amount end) as before_total,
        sum(case when is_later then net_amount else 0 end) as after_total
    from lines
    group by entity_id, currency
),

ranked as (
    select
        *,
        sum(change_amount) over (partition by entity_id, currency, part) as part_total,
        count(case when change_amount <> 0 then 1 end) over (partition by entity_id, currency, part) as part_count,
        row_number() over (
            partition by entity_id, currency, part
            order by abs(change_amount) desc, customer_id asc, product_id asc
        ) as place
    from parts
)

select
    total.entity_id,
    total.currency,
    total.before_total,
    total.after_total,
    ranked.part,
    ranked.part_total,
    ranked.part_count,
    ranked.place,
    ranked.customer_id,
    ranked.product_id,
    ranked.before_amount,
    ranked.after_amount,
    ranked.change_amount
from totals as total
inner join ranked
    on
        total.entity_id is not distinct from ranked.entity_id
        and total.currency is not distinct from ranked.currency
        and ranked.place <= $most
order by total.entity_id, total.currency, ranked.part, ranked.place
