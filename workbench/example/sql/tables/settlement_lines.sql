with numbered as (
    select
        *,
        row_number() over (order by settlement, order_no, kind) as number
    from settled
)

select
    padded('SL', number, 9) as settlement_line_id,
    padded('ST', settlement, 6) as settlement_id,
    kind,
    order_key(order_no) as order_id,
    case when kind = 'freight' then delivery_key(delivery) end as delivery_id,
    money(amount) as amount
from numbered
order by number
