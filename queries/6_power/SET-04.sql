/*---
control: SET-04
plants: freight above or below the rate card, and freight for which it has no rate, or two
sized: true
touches: [settlements, settlement_lines, bank_lines, deliveries, rate_cards]
---*/
-- Where there is no rate, or there are two, the whole line is in doubt.
create temporary table chosen as
with shared as (
    select bank_line_id
    from settlements
    where bank_line_id is not null
    group by bank_line_id
    having count(*) > 1
),

named as (
    select delivery_id
    from settlement_lines
    where kind = 'freight' and delivery_id is not null
    group by delivery_id
    having count(*) = 1
),

rated as (
    select
        line.settlement_line_id,
        line.settlement_id,
        line.delivery_id,
        line.order_id,
        line.amount,
        settlement.bank_line_id,
        settlement.net_amount,
        settlement.currency,
        settlement.partner_id,
        delivery.shipped_on,
        delivery.service_level,
        delivery.origin_zone,
        delivery.destination_zone,
        rate.rate_id,
        greatest(delivery.weight_kg, cast(delivery.volume_m3 * rate.kg_per_m3 as decimal(24, 12))) as weight,
        rate.weight_from,
        rate.weight_to
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    inner join named on line.delivery_id = named.delivery_id
    inner join deliveries as delivery on line.delivery_id = delivery.delivery_id
    inner join rate_cards as rate
        on
            settlement.partner_id = rate.partner_id
            and settlement.currency = rate.currency
            and delivery.service_level = rate.service_level
            and delivery.origin_zone = rate.origin_zone
            and delivery.destination_zone = rate.destination_zone
            and delivery.shipped_on >= rate.valid_from
            and (rate.valid_to is null or delivery.shipped_on < rate.valid_to)
    left join shared on settlement.bank_line_id = shared.bank_line_id
    where
        line.kind = 'freight'
        and settlement.status not in ('draft', 'cancelled')
        and settlement.period_to <= getvariable('as_of')
        and coalesce(settlement.paid_on <= getvariable('as_of'), true)
        and coalesce(delivery.freight_payer, 'own') = 'own'
        and shared.bank_line_id is null
        and line.settlement_line_id not in (select subject_id from before)
        and settlement.settlement_id not in (select id from taken)
        and coalesce(line.order_id not in (select id from taken), true)
        and line.delivery_id not in (select id from taken)
),

fitting as (
    select
        *,
        cast(getvariable('size') * minor_unit(currency) as decimal(18, 4)) as size,
        1 + dice(settlement_line_id, 1) % 4 as kind
    from rated
    where weight >= weight_from and (weight_to is null or weight < weight_to)
    qualify
        count(*) over (partition by settlement_line_id) = 1
        and count(*) over (
            partition by partner_id, service_level, origin_zone, destination_zone, shipped_on, weight
        ) = 1
),

-- One for a settlement, so that its head follows once.
once as (
    select *
    from fitting
    where kind <> 2 or (amount > size and net_amount > size)
    qualify row_number() over (partition by settlement_id order by dice(settlement_line_id, 2), settlement_line_id) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(settlement_line_id, 3), settlement_line_id) as turn
    from once
)

select
    *,
    case kind when 1 then size when 2 then -size else 0 end as difference
from spread
order by turn, dice(kind || currency, 4), kind, currency
limit getvariable('errors');

update settlement_lines
set amount = settlement_lines.amount + chosen.difference
from chosen
where settlement_lines.settlement_line_id = chosen.settlement_line_id;

update settlements
set
    gross_amount = settlements.gross_amount + chosen.difference,
    net_amount = settlements.net_amount + chosen.difference
from chosen
where settlements.settlement_id = chosen.settlement_id;

update bank_lines
set
    amount = case
        when bank_lines.amount < 0 then bank_lines.amount - chosen.difference
        else bank_lines.amount + chosen.difference
    end
from chosen
where bank_lines.bank_line_id = chosen.bank_line_id;

update deliveries
set service_level = 'not on the card'
from chosen
where deliveries.delivery_id = chosen.delivery_id and chosen.kind = 3;

-- A second rate for this lane, day and weight alone.
insert into rate_cards by name
select
    rate.* replace (
        chosen.settlement_line_id || '-SET-04' as rate_id,
        chosen.weight as weight_from,
        chosen.weight + 0.000001 as weight_to,
        chosen.shipped_on as valid_from,
        chosen.shipped_on + 1 as valid_to
    )
from rate_cards as rate
inner join chosen on rate.rate_id = chosen.rate_id
where chosen.kind = 4;

insert into planted
select
    settlement_line_id as subject_id,
    case when kind < 3 then amount end as expected_amount,
    amount + difference as billed_amount,
    case kind
        when 1 then 'more than the rate'
        when 2 then 'less than the rate'
        when 3 then 'no rate in force'
        else 'two rates in force'
    end as what
from chosen;

insert into taken
select settlement_id from chosen
union
select settlement_line_id from chosen
union
select delivery_id from chosen
union
select order_id from chosen
where order_id is not null;
