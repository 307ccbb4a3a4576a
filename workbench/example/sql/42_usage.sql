-- Metered use by half months, and what each month's use is owed under the line's pricing model.
create table tier as
select
    charge.contract_line,
    charge.contract_no,
    step.from_quantity,
    step.to_quantity,
    charge.unit_price // 5 * step.fifths as unit_price,
    case when charge.pricing_model = 'graduated' and step.from_quantity > 0 then charge.unit * step.from_quantity // 10 end
        as flat_fee
from charge
cross join (values (0, 5000, 5), (5000, 20000, 4), (20000, null, 3)) as step (from_quantity, to_quantity, fifths)
where charge.pricing_model in ('graduated', 'volume');

create table metered as
with months as (
    select
        charge.contract_line,
        charge.contract_no,
        charge.minimum,
        charge.included,
        opening.month_no,
        opening.day as month_start,
        opening.days_in_month,
        mix(charge.contract_line * 64 + opening.month_no, 441) as draw
    from charge
    inner join calendar as opening
        on opening.day_of_month = 1 and opening.day >= charge.active_from and opening.day <= getvariable('last_day')
    where charge.is_usage
)

select
    months.contract_line * 1000 + months.month_no * 4 + half.half as usage_no,
    months.contract_line,
    months.contract_no,
    months.month_no,
    month_start + case when half.half = 1 then 15 else 0 end as used_from,
    case when half.half = 0 then month_start + 15 else month_start + days_in_month end as used_to,
    -- The last digits of the halves add up to 4, so that no month's use falls on the edge of a tier or package.
    case half.half when 0 then 3 when 1 then 1 else 0 end + 10 * case
        when months.contract_no % 13 = 5 and months.included > 0 then 1 + mix(draw, 442 + half.half) % 60
        else 20 + mix(draw, 442 + half.half) % 3000
    end as quantity,
    half.half < 2 and (months.minimum is not null or draw % 40 > 0) as is_billable
from months
inner join range(3) as half (half) on half.half < 2 or draw % 6 = 0;

create table rated as
with monthly as (
    select
        charge.*,
        used.month_no,
        used.doc,
        greatest(0, used.quantity - charge.included) as rated_quantity
    from (
        select
            contract_line,
            month_no,
            10000000000 + contract_no * 64 + month_no + 12 as doc,
            cast(sum(case when is_billable then quantity else 0 end) as bigint) as quantity
        from metered
        group by contract_line, contract_no, month_no
    ) as used
    inner join charge on used.contract_line = charge.contract_line
),

tiered as (
    select
        monthly.doc,
        cast(sum(
            (least(monthly.rated_quantity, coalesce(tier.to_quantity, 999999999)) - tier.from_quantity) * tier.unit_price
            + coalesce(tier.flat_fee, 0)
        ) as bigint) as graduated,
        max(case when coalesce(tier.to_quantity > monthly.rated_quantity, true) then tier.unit_price end) as volume_price
    from monthly
    inner join tier on monthly.contract_line = tier.contract_line and monthly.rated_quantity > tier.from_quantity
    group by monthly.doc
),

owed as (
    select
        monthly.*,
        tiered.volume_price,
        case
            when monthly.rated_quantity = 0 then 0
            when pricing_model = 'per_unit' then to_unit(rated_quantity * unit_price, 1, unit)
            when pricing_model = 'package' then (rated_quantity + 999) // 1000 * unit_price
            when pricing_model = 'graduated' then to_unit(tiered.graduated, 1, unit)
            else to_unit(rated_quantity * tiered.volume_price, 1, unit)
        end as rated_amount
    from monthly
    left join tiered on monthly.doc = tiered.doc
)

select
    owed.* exclude (unit_price, quantity),
    opening.day as used_from,
    opening.day + opening.days_in_month as used_to,
    greatest(rated_amount, coalesce(minimum, 0)) as amount,
    case
        when rated_amount < minimum or pricing_model = 'graduated' then 1000
        when pricing_model = 'package' then 1000 * ((rated_quantity + 999) // 1000)
        else 1000 * rated_quantity
    end as quantity,
    case
        when rated_amount < minimum or pricing_model = 'graduated' then greatest(rated_amount, coalesce(minimum, 0))
        when pricing_model = 'volume' then volume_price
        else unit_price
    end as unit_price
from owed
inner join calendar as opening on owed.month_no = opening.month_no and opening.day_of_month = 1
where rated_amount > 0 or minimum > 0;
