select
    order_key(sale.order_no) as order_id,
    entity.entity_id,
    customer_key(sale.customer_no) as customer_id,
    cast(null as varchar) as contract_id,
    on_day(sale.ordered) as order_date,
    sale.currency,
    case
        when sale.flow = 'cancelled' then 'cancelled'
        when sale.flow = 'service' then case when sale.invoiced <= getvariable('last_day') then 'completed' else 'open' end
        when sale.shipped > getvariable('last_day') then 'open'
        when sale.shipped + sale.apart + sale.transit > getvariable('last_day') then 'shipped'
        else 'completed'
    end as status,
    case when sale.flow = 'prepaid' then 'prepayment' end as reason_code,
    padded('PO-', sale.order_no, 8) as purchase_order,
    clerk(sale.entity_no, sale.order_no) as created_by,
    at_second(sale.ordered, 28800 + mix(sale.order_no, 315) % 30000) as created_at
from sale
inner join entity on sale.entity_no = entity.entity_no
order by sale.order_no
