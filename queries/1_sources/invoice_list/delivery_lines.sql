/*---
table: delivery_lines
what: >
  A row is one product of a delivery; its key is the delivery and the product, as an invoice line that names both
  points to it, with a number behind it where a product comes again.
one_row_per: listed_deliveries
---*/
with listed as (
    select
        plain_value(delivery) as delivery_id,
        plain_value(product) as product_id,
        coalesce(
            case
                when decimal_sign = ',' then number_with_comma(plain_value(quantity))
                else number_with_point(plain_value(quantity))
            end, quantity
        ) as quantity,
        _source,
        _row,
        row_number() over (
            partition by plain_value(delivery), plain_value(product)
            order by _source, _row
        ) as turn
    from listed_deliveries
)

select
    delivery_id || '-' || product_id || case when turn > 1 then '-' || cast(turn as varchar) else '' end
        as delivery_line_id,
    delivery_id,
    product_id,
    quantity,
    _source,
    _row
from listed
order by _source, _row
