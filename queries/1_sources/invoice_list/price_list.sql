/*---
table: price_list
rows_of: listed_prices
what: A price per row; one that does not say from when holds from 1900.
one_row_per: listed_prices
---*/
select
    coalesce(plain_value(product), 'row') || '-' || cast(_row as varchar) as price_id,
    product as product_id,
    customer as customer_id,
    coalesce(upper(plain_value(currency)), 'XXX') as currency,
    coalesce(
        case
            when decimal_sign = ',' then number_with_comma(plain_value(min_quantity))
            else number_with_point(plain_value(min_quantity))
        end, min_quantity
    ) as min_quantity,
    coalesce(
        case
            when decimal_sign = ',' then number_with_comma(plain_value(unit_price))
            else number_with_point(plain_value(unit_price))
        end, unit_price
    ) as unit_price,
    coalesce(
        case
            when decimal_sign = ',' then number_with_comma(plain_value(floor_price))
            else number_with_point(plain_value(floor_price))
        end, floor_price
    ) as floor_price,
    case
        when count(plain_value(valid_from)) over () = 0 then '1900-01-01'
        else valid_from
    end as valid_from,
    valid_to,
    _source,
    _row
from listed_prices
order by _source, _row
