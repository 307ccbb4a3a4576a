select
    delivery_line_key(delivery_line) as delivery_line_id,
    delivery_key(delivery) as delivery_id,
    order_line_key(order_line) as order_line_id,
    product_key(product_no) as product_id,
    whole(quantity) as quantity
from consignment_line
order by delivery_line
