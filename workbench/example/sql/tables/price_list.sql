with rows_of_list as (
    select
        price.*,
        era.era,
        tier.is_tier,
        case
            when era.era = 0 and tier.is_tier then old_tier_price
            when era.era = 0 then old_price
            when tier.is_tier then new_tier_price
            else new_price
        end as amount
    from price
    cross join (values (0), (1)) as era (era)
    cross join (values (false), (true)) as tier (is_tier)
    where not tier.is_tier or price.tier_from is not null
),

numbered as (
    select
        *,
        row_number() over (order by scope, scope_no, entity_no, product_no, is_tier, era) as price_no
    from rows_of_list
)

select
    padded('PL', price_no, 7) as price_id,
    product_key(product_no) as product_id,
    case when scope = 'C' then customer_key(scope_no) end as customer_id,
    case when scope = 'S' then 'wholesale' end as segment,
    entity.currency,
    whole(case when is_tier then tier_from else 0 end) as min_quantity,
    price_of(amount) as unit_price,
    price_of(floor_price) as floor_price,
    case when era = 0 then date '2023-01-01' else on_day(change_day) end as valid_from,
    case when era = 0 then on_day(change_day) end as valid_to,
    member(numbered.entity_no, 'M1') as approved_by
from numbered
inner join entity on numbered.entity_no = entity.entity_no
order by price_no
