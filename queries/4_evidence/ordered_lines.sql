/*---
query: ordered_lines
what: Order lines by their order_line_id, with what they are worth in the order's currency.
---*/
select
    line.*,
    round_money(
        times_price(line.quantity, line.unit_price) - coalesce(line.discount_amount, 0), ordered.currency
    ) as amount,
    ordered.currency
from order_lines as line
left join orders as ordered on line.order_id = ordered.order_id
where line.order_line_id in (select unnest(cast($ids as varchar[])))
order by line.order_line_id
