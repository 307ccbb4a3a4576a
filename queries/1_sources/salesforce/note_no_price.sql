/*---
note: Recurring subscriptions whose price for a billing period cannot be told
---*/
with known_products as (
    select distinct substr(plain_value(id), 1, 15) as product_key
    from product
    where not coalesce(read_bool(plain_value(isdeleted)), false)
)

select
    plain_value(subscription.id) as subject,
    'net price ' || plain_value(subscription.sbqq__netprice__c)
    || case
        when known_products.product_key is null then ', its product unknown'
        else ', prorate multiplier ' || coalesce(plain_value(subscription.sbqq__proratemultiplier__c), 'none')
    end as note
from subscription
left join known_products on substr(plain_value(subscription.sbqq__product__c), 1, 15) = known_products.product_key
where
    not coalesce(read_bool(plain_value(subscription.isdeleted)), false)
    and coalesce(lower(plain_value(subscription.sbqq__chargetype__c)), '') not in ('one-time', 'usage')
    and read_price(plain_value(subscription.sbqq__netprice__c)) is not null
    and (
        known_products.product_key is null
        or coalesce(try_cast(plain_value(subscription.sbqq__proratemultiplier__c) as decimal(18, 8)), 0) <= 0
    )
order by subject
