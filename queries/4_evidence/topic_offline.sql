/*---
query: topic_offline
what: >
  Recognised revenue and live net invoiced of offline products by month, one customer's or (empty) all, one product's or
  (empty) all.
---*/
with movements as (
    select
        entry.entity_id,
        entry.currency,
        entry.product_id,
        entry.month,
        entry.amount as recognised,
        cast(0 as decimal(18, 4)) as invoiced
    from revenue as entry
    inner join products as product on entry.product_id = product.product_id
    where product.is_offline and ($customer = '' or entry.customer_id = $customer)
    union all
    select
        line.entity_id,
        line.currency,
        line.product_id,
        month_of(line.invoice_date) as month,
        cast(0 as decimal(18, 4)) as recognised,
        line.net_amount as invoiced
    from live_lines as line
    inner join products as product on line.product_id = product.product_id
    where product.is_offline and ($customer = '' or line.customer_id = $customer)
)

select
    currency,
    product_id,
    strftime(month, '%Y-%m') as month,
    sum(recognised) as recognised,
    sum(invoiced) as invoiced
from movements
where
    ($entity = '' or entity_id = $entity)
    and ($product = '' or product_id = $product)
    and ($first::date is null or month >= $first)
    and ($until::date is null or month < $until)
group by currency, product_id, strftime(month, '%Y-%m')
order by currency, product_id, month
