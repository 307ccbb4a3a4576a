/*---
control: OCC-05
plants: services that ended within the last period billed or before it, and contracts terminated before it
sized: false
touches: [contract_lines, contracts]
---*/
-- The last billing period billed of each charge, where it is a whole one at the price of the charge.
create temp table plain as
with several as (
    select
        contract_id,
        count(*) as charges,
        count(distinct product_id) as products
    from contract_lines
    group by contract_id
),

ordered as (
    select
        line.*,
        row_number() over (
            partition by line.contract_line_id
            order by line.period_to desc, line.invoice_line_id asc
        ) as turn,
        lead(line.period_to) over (
            partition by line.contract_line_id
            order by line.period_to desc, line.invoice_line_id asc
        ) as end_before,
        max(case when line.kind = 'credit_memo' then 1 else 0 end) over (partition by line.contract_line_id)
            as is_credited
    from service_lines as line
    where line.period_from < line.period_to
)

select
    line.invoice_line_id,
    line.invoice_id,
    line.contract_line_id,
    line.currency,
    line.period_from,
    line.period_to,
    line.net_amount,
    charge.contract_id,
    several.charges,
    coalesce(contract.proration, 'actual') as proration,
    case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months,
    times_price(coalesce(charge.quantity, 1), charge.unit_price) as price
from ordered as line
inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
inner join contracts as contract on charge.contract_id = contract.contract_id
inner join several on charge.contract_id = several.contract_id
where
    line.turn = 1
    and line.is_credited = 0
    and line.end_before <= line.period_from
    and line.kind = 'invoice'
    and line.discount_amount = 0
    and line.invoice_date <= getvariable('as_of')
    and line.net_amount > 0
    and charge.charge_type = 'recurring'
    and (charge.pricing_model = 'per_unit' or (charge.pricing_model = 'flat' and coalesce(charge.quantity, 1) = 1))
    and line.net_amount = round_money(times_price(coalesce(charge.quantity, 1), charge.unit_price), line.currency)
    and times_price(coalesce(charge.quantity, 1), charge.unit_price)
    = round(times_price(coalesce(charge.quantity, 1), charge.unit_price), 4)
    and coalesce(least(charge.ends_on, contract.ends_on, contract.terminated_on) >= line.period_to, true)
    and several.charges = several.products
    and extract(day from line.period_from) = coalesce(contract.billing_day, 1)
    and coalesce(contract.billing_day, 1) < 17
    and line.contract_line_id not in (select contract_line_id from service_pauses)
    and charge.contract_id not in (select contract_id from sla_tiers)
    and line.invoice_line_id not in (select subject_id from before)
    and line.invoice_id not in (select id from taken)
    and line.contract_line_id not in (select id from taken)
    and charge.contract_id not in (select id from taken)
    and line.customer_id not in (select id from taken);

create temp table ended as
with asked as (
    select
        *,
        case
            when charges = 1 then dice(invoice_line_id, 1) % 4
            else dice(invoice_line_id, 1) % 2
        end as kind,
        row_number() over (partition by contract_id order by dice(invoice_line_id, 2), invoice_line_id) as choice
    from plain
    where
        (extract(month from period_from) - 1) % months = 0
        and period_to = add_months_to(period_from, months)
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(invoice_line_id, 3), invoice_line_id) as turn
    from asked
    where choice = 1
)

select
    *,
    case kind % 2 when 0 then 0 else 1 + dice(invoice_line_id, 4) % 12 end as days,
    period_from + cast(case kind % 2 when 0 then 0 else 1 + dice(invoice_line_id, 4) % 12 end as integer) as ended_on
from ranked
order by turn, dice(invoice_line_id, 5), invoice_line_id
limit getvariable('errors');

update contract_lines set ends_on = ended.ended_on
from ended
where contract_lines.contract_line_id = ended.contract_line_id and ended.kind < 2;

update contracts set status = 'terminated', terminated_on = ended.ended_on
from ended
where contracts.contract_id = ended.contract_id and ended.kind > 1;

insert into planted by name
select
    invoice_line_id as subject_id,
    case
        when days = 0 then 0
        when proration = 'none' then net_amount
        else
            round_money(
                portion(
                    price,
                    days,
                    case proration
                        when 'actual' then months * extract(day from last_day(period_from))
                        when 'period' then days_between(period_from, period_to)
                        else months * 30
                    end
                ),
                currency
            )
    end as expected_amount,
    net_amount as billed_amount,
    case kind
        when 0 then 'the service ended before the period'
        when 1 then 'the service ended within the period'
        when 2 then 'the contract was terminated before the period'
        else 'the contract was terminated within the period'
    end as what
from ended;

insert into taken
select unnest([invoice_id, contract_line_id, contract_id])
from ended
