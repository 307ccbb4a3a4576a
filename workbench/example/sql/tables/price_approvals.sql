select
    padded('PA', order_line, 9) as price_approval_id,
    customer_key(customer_no) as customer_id,
    product_key(product_no) as product_id,
    order_line_key(order_line) as order_line_id,
    price_of(unit_price) as unit_price,
    clerk(entity_no, order_no) as requested_by,
    member(entity_no, 'M1') as approved_by,
    on_day(ordered) as approved_on,
    on_day(ordered) as valid_from,
    on_day(ordered + 60) as valid_to,
    'approved' as status
from sale_line
where is_price_kept
union all
select
    padded('PA', item.order_line, 9),
    customer_key(item.customer_no),
    product_key(item.product_no),
    order_line_key(item.order_line),
    price_of(case when plant.kind = 4 then plant.amount + item.grain else plant.amount end),
    clerk(item.entity_no, item.order_no),
    member(item.entity_no, 'M1'),
    on_day(sale.invoiced - 40),
    on_day(sale.invoiced - 40),
    on_day(sale.invoiced + case when plant.kind = 4 then 40 else -10 end),
    'approved'
from plant
inner join sale_line as item on plant.key = item.order_line
inner join sale on item.order_no = sale.order_no
where plant.control_id = 'ACC-03' and plant.kind in (3, 4)
order by price_approval_id
