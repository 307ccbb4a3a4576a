/*---
view: price_steps
what: >
  What a quantity of a contract line costs, whatever its pricing model: for a quantity in [from_quantity, to_quantity)
  base_amount + (quantity - base_quantity) x unit_price; where package_size is not null, the started packages x
  unit_price instead (price_by_step says it). A line without tiers has one step. With tiers every quantity from 0 on
  has exactly one step, and tiers says how many tiers hold it: where that is not 1 there is no price, and a graduated
  price has no amount above such a place. other_base_quantity and other_base_amount are those of the other
  tier model, null without tiers.
needs:
  contract_lines: [contract_line_id, pricing_model, unit_price]
uses:
  contract_lines: [package_size]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
---*/
with starts as (
    select
        listed.contract_line_id,
        listed.from_quantity,
        lead(listed.from_quantity) over (
            partition by listed.contract_line_id
            order by listed.from_quantity
        ) as next_quantity
    from (
        select
            contract_line_id,
            from_quantity
        from price_tiers
        group by contract_line_id, from_quantity
    ) as listed
),

tiers as (
    select
        tier.contract_line_id,
        tier.from_quantity,
        coalesce(tier.to_quantity, starts.next_quantity) as to_quantity,
        tier.unit_price,
        coalesce(tier.flat_fee, 0) as flat_fee
    from price_tiers as tier
    inner join starts
        on tier.contract_line_id = starts.contract_line_id and tier.from_quantity = starts.from_quantity
),

edges as (
    select
        contract_line_id,
        cast(0 as decimal(18, 6)) as quantity
    from tiers
    union
    select
        contract_line_id,
        from_quantity as quantity
    from tiers
    union
    select
        contract_line_id,
        to_quantity as quantity
    from tiers
    where to_quantity is not null
),

spans as (
    select
        contract_line_id,
        quantity as from_quantity,
        lead(quantity) over (partition by contract_line_id order by quantity) as to_quantity
    from edges
),

held as (
    select
        spans.contract_line_id,
        spans.from_quantity,
        spans.to_quantity,
        count(tier.contract_line_id) as tiers,
        max(tier.unit_price) as unit_price,
        max(tier.flat_fee) as flat_fee,
        sum(case when tier.from_quantity = spans.from_quantity then tier.flat_fee else 0 end) as fee_reached
    from spans
    left join tiers as tier
        on
            spans.contract_line_id = tier.contract_line_id
            and spans.from_quantity >= tier.from_quantity
            and (tier.to_quantity is null or spans.from_quantity < tier.to_quantity)
    group by spans.contract_line_id, spans.from_quantity, spans.to_quantity
),

-- Below the lowest tier nothing is charged; a hole or an overlap further up leaves what lies above it unknown.
summed as (
    select
        *,
        sum(tiers) over (
            partition by contract_line_id
            order by from_quantity
            rows between unbounded preceding and current row
        ) as tiers_so_far,
        sum(fee_reached) over (
            partition by contract_line_id
            order by from_quantity
            rows between unbounded preceding and current row
        ) as fees,
        coalesce(
            sum(times_price(to_quantity - from_quantity, unit_price)) over (
                partition by contract_line_id
                order by from_quantity
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as charged_below
    from held
),

judged as (
    select
        *,
        count(case when tiers <> 1 and tiers_so_far > 0 then contract_line_id end) over (
            partition by contract_line_id
            order by from_quantity
            rows between unbounded preceding and current row
        ) as faults,
        case when tiers = 1 then flat_fee end as volume_amount
    from summed
),

amounts as (
    select
        *,
        case when tiers = 1 and faults = 0 then charged_below + fees end as graduated_amount
    from judged
)

select
    step.contract_line_id,
    step.from_quantity,
    step.to_quantity,
    case when charge.pricing_model = 'graduated' then step.from_quantity else 0 end as base_quantity,
    case when charge.pricing_model = 'graduated' then step.graduated_amount else step.volume_amount end as base_amount,
    case when step.tiers = 1 then step.unit_price end as unit_price,
    cast(null as decimal(18, 6)) as package_size,
    step.tiers,
    case when charge.pricing_model = 'graduated' then 0 else step.from_quantity end as other_base_quantity,
    case when charge.pricing_model = 'graduated' then step.volume_amount else step.graduated_amount end
        as other_base_amount
from amounts as step
inner join contract_lines as charge on step.contract_line_id = charge.contract_line_id
where charge.pricing_model in ('graduated', 'volume')
union all
select
    contract_line_id,
    cast(0 as decimal(18, 6)) as from_quantity,
    cast(null as decimal(18, 6)) as to_quantity,
    cast(0 as decimal(18, 6)) as base_quantity,
    cast(0 as decimal(38, 14)) as base_amount,
    unit_price,
    case when pricing_model = 'package' then coalesce(package_size, 0) end as package_size,
    1 as tiers,
    cast(null as decimal(18, 6)) as other_base_quantity,
    cast(null as decimal(38, 14)) as other_base_amount
from contract_lines
where pricing_model not in ('graduated', 'volume')
