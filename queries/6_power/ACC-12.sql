/*---
control: ACC-12
plants: services that began, were installed or accepted before or after the day that billing starts
sized: false
touches: [contract_lines]
also: [COM-04]
---*/
-- Where billing starts a period too late, the days before it are also days that nobody billed (COM-04).
create temp table wrong as
with live as (
    select
        line.contract_line_id,
        line.invoice_date,
        line.period_from,
        line.period_to,
        line.net_amount,
        row_number() over (
            partition by line.contract_line_id
            order by line.period_from, line.invoice_date, line.invoice_line_id
        ) as turn,
        least(min(line.period_from) over (), min(line.invoice_date) over ()) as oldest_day
    from service_lines as line
    where line.kind <> 'credit_memo' and line.invoice_date <= getvariable('as_of')
),

first_lines as (
    select
        charge.contract_line_id,
        charge.contract_id,
        charge.currency,
        charge.billing_trigger,
        charge.proration,
        charge.months_in_period,
        charge.billing_day,
        line.period_from,
        line.period_to,
        line.net_amount,
        line.oldest_day,
        extract(day from line.period_from) = charge.billing_day
        and line.period_to = add_months_to(line.period_from, charge.months_in_period)
        and line.net_amount = charge.period_price as is_whole,
        add_months_to(line.period_from, -charge.months_in_period) as period_before
    from live as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    where
        line.turn = 1
        and line.net_amount > 0
        and line.period_from < line.period_to
        and charge.charge_type = 'recurring'
        and charge.triggered_on = line.period_from
        and charge.billing_trigger in ('start', 'installed', 'accepted')
        and coalesce(charge.stops_on > line.period_to, true)
        and charge.contract_line_id not in (select before.subject_id from before)
        and charge.contract_line_id not in (select taken.id from taken)
        and charge.contract_id not in (select taken.id from taken)
        and charge.contract_id not in (select tier.contract_id from sla_tiers as tier)
        and charge.contract_line_id not in (select pause.contract_line_id from service_pauses as pause)
),

eligible as (
    select
        first_lines.*,
        first_lines.period_to as right_day,
        cast(0 as decimal(18, 4)) as expected_amount,
        'the first period billed though it had not begun' as what
    from first_lines
    union all
    -- From the 16th on, under each proration.
    select
        first_lines.*,
        first_lines.period_from + 15 as right_day,
        round_money(
            case first_lines.proration
                when 'none' then first_lines.net_amount
                when 'thirty_360' then portion(first_lines.net_amount, 15, 30)
                when 'thirty'
                    then
                        portion(
                            first_lines.net_amount,
                            days_between(first_lines.period_from, first_lines.period_to) - 15,
                            30
                        )
                else
                    portion(
                        first_lines.net_amount,
                        days_between(first_lines.period_from, first_lines.period_to) - 15,
                        days_between(first_lines.period_from, first_lines.period_to)
                    )
            end,
            first_lines.currency
        ) as expected_amount,
        'billed from the first of the month, begun on the 16th' as what
    from first_lines
    where first_lines.is_whole and first_lines.months_in_period = 1 and first_lines.billing_day = 1
    union all
    select
        first_lines.*,
        first_lines.period_before as right_day,
        2 * first_lines.net_amount as expected_amount,
        'the first period never billed' as what
    from first_lines
    where first_lines.is_whole and first_lines.period_before >= first_lines.oldest_day
),

ranked as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.contract_id
            order by dice(eligible.contract_line_id || eligible.what, 2)
        ) as line_of_contract
    from eligible
),

turns as (
    select
        ranked.*,
        row_number() over (
            partition by ranked.what
            order by dice(ranked.contract_line_id, 1), ranked.contract_line_id
        ) as turn
    from ranked
    where ranked.line_of_contract = 1
)

select turns.* from turns
order by turns.turn, dice(turns.contract_line_id, 1), turns.contract_line_id
limit getvariable('errors');

update contract_lines
set
    starts_on = case wrong.billing_trigger when 'start' then wrong.right_day else contract_lines.starts_on end,
    installed_on
    = case wrong.billing_trigger when 'installed' then wrong.right_day else contract_lines.installed_on end,
    accepted_on = case wrong.billing_trigger when 'accepted' then wrong.right_day else contract_lines.accepted_on end
from wrong
where contract_lines.contract_line_id = wrong.contract_line_id;

insert into planted
select
    wrong.contract_line_id as subject_id,
    wrong.expected_amount,
    wrong.net_amount as billed_amount,
    wrong.what
from wrong;

insert into planted_elsewhere
select
    'COM-04' as control_id,
    wrong.contract_line_id || '/' || cast(wrong.right_day as varchar) as subject_id,
    wrong.net_amount as expected_amount,
    0 as billed_amount,
    wrong.what
from wrong
where wrong.right_day < wrong.period_from;

insert into taken
select unnest([wrong.contract_line_id, wrong.contract_id]) as id
from wrong
