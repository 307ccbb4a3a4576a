/*---
table: deliveries
rows_of: listed_deliveries
what: One delivery per number, a sale that arrived; its dates and customer are those of its first row.
---*/
with listed as (
    select
        plain_value(delivery) as delivery_id,
        plain_value("order") as order_id,
        plain_value(customer) as customer_id,
        plain_value(shipped_on) as shipped_on,
        plain_value(delivered_on) as delivered_on,
        _source,
        _row,
        row_number() over (partition by plain_value(delivery) order by _source, _row) as turn
    from listed_deliveries
)

select
    delivery_id,
    'own' as entity_id,
    coalesce(customer_id, 'none/' || delivery_id) as customer_id,
    order_id,
    'sale' as kind,
    case when coalesce(delivered_on, shipped_on) is null then 'planned' else 'delivered' end as status,
    coalesce(shipped_on, delivered_on) as shipped_on,
    coalesce(delivered_on, shipped_on) as delivered_on,
    _source,
    _row
from listed
where turn = 1
order by _source, _row
