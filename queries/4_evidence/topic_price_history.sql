/*---
query: topic_price_history
what: >
  The prices agreed for a product in a currency, with their days: price list rows for this customer, its segment or
  everybody, and flat and per-unit prices of the customer's contracts.
---*/
with buyer as (
    select segment from customers
    where customer_id = $customer
)

select
    'price list' as source,
    price.price_id as agreed_by,
    case
        when price.customer_id is not null then 'this customer'
        when price.segment is not null then 'segment ' || price.segment
        else 'everybody'
    end as holds_for,
    price.min_quantity,
    price.unit_price,
    price.valid_from,
    price.valid_to,
    price.approved_by
from price_list as price
where
    price.product_id = $product
    and price.currency = $currency
    and (price.customer_id is null or price.customer_id = $customer)
    and (price.segment is null or price.segment in (select buyer.segment from buyer))
union all
select
    'contract' as source,
    charge.contract_line_id as agreed_by,
    'contract ' || charge.contract_id as holds_for,
    cast(null as decimal(18, 6)) as min_quantity,
    charge.unit_price,
    charge.starts_on as valid_from,
    charge.ends_on as valid_to,
    cast(null as varchar) as approved_by
from contract_lines as charge
inner join contracts as contract on charge.contract_id = contract.contract_id
where
    charge.product_id = $product
    and contract.currency = $currency
    and contract.customer_id = $customer
    and charge.pricing_model in ('flat', 'per_unit')
order by valid_from, source, agreed_by
