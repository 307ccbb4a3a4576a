-- Agreements. Recurring ones come first in number, then usage; every ninth recurring one has a service level.
create table contract as
with drawn as (
    select
        contract_no,
        contract_no >= getvariable('recurring') as is_usage,
        contract_no < getvariable('recurring') and contract_no % 9 = 4 as has_sla,
        getvariable('goods_customers') + mix(contract_no, 401) % getvariable('contract_customers') as customer_no,
        mix(contract_no, 402) % 10 as cadence,
        ['actual', 'thirty', 'thirty_360', 'period', 'none'][1 + contract_no % 5] as proration,
        mix(contract_no, 403) % 16 as first_month,
        mix(contract_no, 404) % 10 as ending
    from range(getvariable('recurring') + getvariable('usage')) as numbers (contract_no)
),

shaped as (
    select
        *,
        is_usage or has_sla as is_plain,
        case
            when is_usage or has_sla or cadence < 6 then 1
            when cadence < 9 then 3
            else 12
        end as months
    from drawn
)

select
    shaped.contract_no,
    shaped.is_usage,
    shaped.has_sla,
    shaped.customer_no,
    shaped.months,
    shaped.proration,
    customer.entity_no,
    customer.currency,
    customer.unit,
    customer.authority,
    customer.country,
    case when is_plain or mix(contract_no, 405) % 2 = 0 then 'arrears' else 'advance' end as timing,
    case when not is_plain and months = 1 and proration in ('thirty', 'period') and contract_no % 2 = 0 then 15 else 1 end
        as billing_day,
    opening.day + case when is_plain or contract_no % 3 = 0 then 0 else mix(contract_no, 406) % 26 end as starts,
    case when not is_plain and ending < 3 then opening.day + 190 + mix(contract_no, 407) % 270 end as ends,
    case
        when not is_plain and ending = 3 and opening.day + 140 + mix(contract_no, 407) % 200 <= getvariable('last_day')
            then opening.day + 140 + mix(contract_no, 407) % 200
    end as terminated,
    case when mix(contract_no, 408) % 2 = 0 then 30 end as own_terms,
    case when mix(contract_no, 408) % 2 = 0 then 30 else customer.terms end as terms,
    mix(contract_no, 409) % 6 = 0 and not has_sla as has_discount,
    has_sla and contract_no % 2 = 0 as needs_claim,
    case
        when is_usage and contract_no % 5 = 2 and contract_no % 4 in (0, 1) then unit * (5000 + mix(contract_no, 410) % 20000)
    end as minimum
from shaped
inner join customer on shaped.customer_no = customer.customer_no
inner join calendar as opening on shaped.first_month = opening.month_no and opening.day_of_month = 1;

create table charge as
with item as (
    select
        contract.*,
        contract.contract_no * 4 + number.number as contract_line,
        number.number
    from contract
    inner join range(2) as number (number)
        on number.number = 0 or (not contract.is_usage and mix(contract.contract_no, 421) % 2 = 0)
),

triggered as (
    select
        *,
        case
            when is_usage or has_sla or mix(contract_line, 422) % 20 < 14 then 'start'
            when mix(contract_line, 422) % 20 < 17 then 'installed'
            else 'accepted'
        end as billing_trigger,
        least(coalesce(ends, 99999), coalesce(terminated, 99999)) as active_to
    from item
),

dated as (
    select
        *,
        starts + case when billing_trigger = 'start' then 0 else 3 + mix(contract_line, 423) % 38 end as drawn_from
    from triggered
)

select
    dated.*,
    -- Days after the 28th would make "whole months since" a matter of taste.
    dated.drawn_from - greatest(0, calendar.day_of_month - 28) as active_from,
    getvariable('products') + case
        when is_usage then 11 + contract_no % 4
        else 6 + (mix(contract_no, 424) + number) % 5
    end as product_no,
    case
        when is_usage then ['per_unit', 'graduated', 'volume', 'package'][1 + contract_no % 4]
        when mix(contract_line, 425) % 3 = 0 then 'per_unit'
        else 'flat'
    end as pricing_model,
    case when not is_usage and mix(contract_line, 425) % 3 = 0 then 2 + mix(contract_line, 426) % 30 else 1 end as quantity,
    case
        when not is_usage then unit * (2000 + mix(contract_line, 427) % 90000) * months
        when contract_no % 4 = 3 then unit * (100 + mix(contract_line, 427) % 900)
        else unit // 10 * 5 * (1 + mix(contract_line, 427) % 12)
    end as unit_price,
    case when is_usage and mix(contract_line, 428) % 3 = 0 then 1000 else 0 end as included
from dated
inner join calendar on dated.drawn_from = calendar.day;

create table pause as
with drawn as (
    select
        charge.*,
        active_from + 50 + mix(contract_line, 431) % 120 as paused_from,
        active_from + 65 + mix(contract_line, 431) % 120 + mix(contract_line, 432) % 60 as paused_to
    from charge
    where not is_usage and not has_sla and proration <> 'none' and mix(contract_line, 433) % 12 = 0
)

select
    drawn.contract_line,
    drawn.paused_from - greatest(0, opening.day_of_month - 28) as paused_from,
    drawn.paused_to - greatest(0, closing.day_of_month - 28) as paused_to
from drawn
inner join calendar as opening on drawn.paused_from = opening.day
inner join calendar as closing on drawn.paused_to = closing.day
where drawn.paused_to < least(drawn.active_to, getvariable('last_day'));
