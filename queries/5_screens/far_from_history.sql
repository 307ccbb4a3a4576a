/*---
id: SCR-05
title: Far from the customer-product's own history
form: ranked
asks: Which lines have an amount far from what this customer is billed for this product?
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, product_id, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, gross_amount]
parameters:
  min_lines: {default: 8, unit: lines, why: fewer lines are no history}
  far: {default: "3.5", unit: modified z-score, why: "Iglewicz and Hoaglin's limit: 0.6745 x distance / MAD"}
says: "{flagged} of {examined} lines with a history of at least {min_lines} lines lie far from its median"
read_as: >
  The history is every line of that customer, product and currency up to the last day looked at; median and median
  distance (MAD) are not moved by a few wild amounts. Where half the history is one amount the MAD is 0, and any other
  amount is far. The largest differences in money first.
---*/
with billed as (
    select
        invoice_line_id,
        invoice_id,
        entity_id,
        currency,
        customer_id,
        product_id,
        invoice_date,
        cast(net_amount as decimal(24, 4)) as net_amount,
        invoice_date >= $from_date as in_period
    from billed_lines
    where invoice_date < $to_date and customer_id is not null and product_id is not null
),

histories as (
    select
        entity_id,
        currency,
        customer_id,
        product_id,
        count(*) as lines,
        count(case when in_period then 1 end) as lines_in_period
    from billed
    group by entity_id, currency, customer_id, product_id
    having count(*) >= $min_lines and count(case when in_period then 1 end) > 0
),

populations as (
    select
        entity_id,
        currency,
        cast(sum(lines_in_period) as bigint) as examined
    from histories
    group by entity_id, currency
),

by_amount as (
    select
        billed.*,
        history.lines,
        row_number() over (
            partition by billed.entity_id, billed.currency, billed.customer_id, billed.product_id
            order by billed.net_amount
        ) as turn
    from billed
    inner join histories as history
        on
            billed.entity_id is not distinct from history.entity_id
            and billed.currency is not distinct from history.currency
            and billed.customer_id = history.customer_id
            and billed.product_id = history.product_id
),

-- Twice the median and four times the MAD are whole minor units where the amounts are: nothing is divided.
around_median as (
    select
        *,
        sum(
            case
                when 2 * turn = lines + 1 then 2 * net_amount
                when 2 * turn = lines or 2 * turn = lines + 2 then net_amount
                else 0
            end
        ) over (partition by entity_id, currency, customer_id, product_id) as twice_median
    from by_amount
),

by_distance as (
    select
        *,
        abs(2 * net_amount - twice_median) as twice_distance,
        row_number() over (
            partition by entity_id, currency, customer_id, product_id
            order by abs(2 * net_amount - twice_median)
        ) as distance_turn
    from around_median
),

around_mad as (
    select
        *,
        sum(
            case
                when 2 * distance_turn = lines + 1 then 2 * twice_distance
                when 2 * distance_turn = lines or 2 * distance_turn = lines + 2 then twice_distance
                else 0
            end
        ) over (partition by entity_id, currency, customer_id, product_id) as four_mads
    from by_distance
),

ranked as (
    select
        *,
        count(*) over (partition by entity_id, currency) as flagged,
        row_number() over (partition by entity_id, currency order by twice_distance desc, invoice_line_id asc) as place
    from around_mad
    where
        in_period
        and twice_distance > 0
        and cast(twice_distance as decimal(28, 4)) * cast(1.349 as decimal(4, 3))
        > cast(four_mads as decimal(28, 4)) * cast($far as decimal(8, 4))
)

select
    population.entity_id,
    population.currency,
    population.examined,
    coalesce(ranked.flagged, 0) as flagged,
    ranked.place,
    ranked.invoice_line_id,
    ranked.invoice_id,
    ranked.customer_id,
    ranked.product_id,
    ranked.invoice_date,
    ranked.net_amount,
    cast(ranked.twice_median as decimal(28, 4)) * cast(0.5 as decimal(2, 1)) as median_amount,
    cast(ranked.four_mads as decimal(28, 4)) * cast(0.25 as decimal(3, 2)) as mad_amount,
    ranked.lines as history_lines
from populations as population
left join ranked
    on
        population.entity_id is not distinct from ranked.entity_id
        and population.currency is not distinct from ranked.currency
        and ranked.place <= $most
order by population.entity_id, population.currency, ranked.place
