select
    order_line_key(order_line) as order_line_id,
    order_key(order_no) as order_id,
    line_no as line_number,
    product_key(product_no) as product_id,
    whole(quantity) as quantity,
    price_of(unit_price) as unit_price,
    money(discount) as discount_amount,
    case when is_price_kept then padded('PA', order_line, 9) end as price_approval_id
from sale_line
order by order_line
