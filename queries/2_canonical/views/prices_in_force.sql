/*---
view: prices_in_force
what: >
  The price list cut so that one product, currency and audience (a customer, a segment, or everybody: both null) has at
  most one row for any day and quantity: [in_force_from, in_force_to) and [from_quantity, to_quantity), open ends null.
  Where two rows of the list overlap at the same tier the younger one holds.
needs:
  price_list: [price_id, product_id, currency, unit_price, valid_from]
uses:
  price_list: [customer_id, segment, min_quantity, floor_price, valid_to]
---*/
with audience_rows as (
    select
        price_id,
        product_id,
        currency,
        customer_id,
        case when customer_id is null then segment end as segment,
        coalesce(min_quantity, 0) as min_quantity,
        unit_price,
        floor_price,
        valid_from,
        valid_to,
        case
            when customer_id is not null then 'customer ' || customer_id
            when segment is not null then 'segment ' || segment
            else 'everybody'
        end as audience
    from price_list
),

days as (
    select
        product_id,
        currency,
        audience,
        valid_from as day
    from audience_rows
    union
    select
        product_id,
        currency,
        audience,
        valid_to as day
    from audience_rows
    where valid_to is not null
),

spans as (
    select
        *,
        lead(day) over (partition by product_id, currency, audience order by day) as next_day
    from days
),

in_force as (
    select
        priced.*,
        spans.day as in_force_from,
        spans.next_day as in_force_to,
        row_number() over (
            partition by priced.product_id, priced.currency, priced.audience, spans.day, priced.min_quantity
            order by priced.valid_from desc, priced.price_id desc
        ) as turn
    from spans
    inner join audience_rows as priced
        on
            spans.product_id = priced.product_id
            and spans.currency = priced.currency
            and spans.audience = priced.audience
            and spans.day >= priced.valid_from
            and (priced.valid_to is null or spans.day < priced.valid_to)
)

select
    price_id,
    product_id,
    currency,
    customer_id,
    segment,
    in_force_from,
    in_force_to,
    min_quantity as from_quantity,
    lead(min_quantity) over (
        partition by product_id, currency, audience, in_force_from
        order by min_quantity
    ) as to_quantity,
    unit_price,
    floor_price
from in_force
where turn = 1
