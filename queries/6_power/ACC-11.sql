/*---
control: ACC-11
plants: outages whose credit was never given, and credits for outages that are excused
sized: false
touches: [incidents]
---*/
create temp table wrong as
with covered as (
    select
        charge.contract_line_id,
        charge.contract_id,
        charge.currency,
        cast(charge.period_price as decimal(18, 4)) as monthly_price,
        charge.triggered_on,
        charge.stops_on,
        coalesce(contract.sla_claim_required, false) as needs_claim
    from charges as charge
    inner join contracts as contract on charge.contract_id = contract.contract_id
    where
        charge.charge_type = 'recurring'
        and charge.months_in_period = 1
        and charge.period_price = cast(charge.period_price as decimal(18, 4))
        and charge.contract_line_id not in (select pause.contract_line_id from service_pauses as pause)
        and charge.contract_line_id not in (select taken.id from taken)
        and charge.contract_id not in (select taken.id from taken)
),

given as (
    select
        line.contract_line_id,
        month_of(coalesce(line.period_from, month_of(line.invoice_date) - 1)) as month_from,
        sum(line.net_amount) as amount
    from service_lines as line
    where line.kind = 'credit_memo' and line.reason_code = 'sla_credit'
    group by line.contract_line_id, month_of(coalesce(line.period_from, month_of(line.invoice_date) - 1))
),

down as (
    select
        incident.contract_line_id,
        months.month_from,
        count(*) as incidents,
        count(case when not coalesce(incident.is_excused, false) then 1 end) as unexcused,
        max(case when not coalesce(incident.is_excused, false) then incident.incident_id end) as incident_id,
        bool_and(
            incident.ended_at is not null
            and cast(incident.started_at as date) >= months.month_from
            and cast(incident.ended_at as date) < months.month_to
        ) as is_inside
    from incidents as incident
    inner join months
        on
            incident.started_at < cast(months.month_to as timestamp)
            and coalesce(incident.ended_at, cast(getvariable('as_of') as timestamp))
            >= cast(months.month_from as timestamp)
    group by incident.contract_line_id, months.month_from
),

service_months as (
    select
        covered.*,
        months.month_from,
        covered.contract_line_id || '/' || substr(cast(months.month_from as varchar), 1, 7) as subject_id,
        coalesce(given.amount, 0) as given_amount,
        coalesce(down.incidents, 0) as incidents,
        down.unexcused,
        down.incident_id,
        down.is_inside
    from covered
    inner join months
        on
            covered.triggered_on <= months.month_from
            and coalesce(covered.stops_on >= months.month_to, true)
    left join given on covered.contract_line_id = given.contract_line_id and months.month_from = given.month_from
    left join down on covered.contract_line_id = down.contract_line_id and months.month_from = down.month_from
    where months.month_to <= getvariable('as_of') - 40
),

-- A tier that no other one overlaps, and an outage that stays inside it and inside the month.
tiers as (
    select
        tier.contract_id,
        tier.from_minutes,
        tier.credit_percent
    from sla_tiers as tier
    left join sla_tiers as other
        on
            tier.contract_id = other.contract_id
            and tier.from_minutes <> other.from_minutes
            and tier.from_minutes + 1 >= other.from_minutes
            and (other.to_minutes is null or tier.from_minutes + 1 < other.to_minutes)
    where
        other.contract_id is null
        and coalesce(tier.from_minutes + 1 < tier.to_minutes, true)
        and tier.from_minutes between 1 and 28000
        and tier.credit_percent > 0
        and tier.credit_percent = cast(tier.credit_percent as decimal(18, 6))
),

eligible as (
    select
        month.subject_id,
        month.contract_line_id,
        month.contract_id,
        month.month_from,
        month.currency,
        month.needs_claim,
        cast(null as varchar) as incident_id,
        tier.from_minutes,
        -round_money(portion(month.monthly_price, tier.credit_percent, 100), month.currency) as expected_amount,
        cast(0 as decimal(18, 4)) as billed_amount,
        'no credit for ' || cast(tier.from_minutes + 1 as varchar) || ' minutes down' as what,
        row_number()
            over (partition by month.contract_line_id order by dice(month.subject_id || '/' || tier.from_minutes, 2))
            as month_of_line
    from service_months as month
    inner join tiers as tier on month.contract_id = tier.contract_id
    where month.incidents = 0 and month.given_amount = 0 and month.monthly_price > 0
    union all
    select
        month.subject_id,
        month.contract_line_id,
        month.contract_id,
        month.month_from,
        month.currency,
        month.needs_claim,
        month.incident_id,
        cast(null as bigint) as from_minutes,
        cast(0 as decimal(18, 4)) as expected_amount,
        month.given_amount as billed_amount,
        'a credit for an outage that is excused' as what,
        row_number() over (partition by month.contract_line_id order by dice(month.subject_id, 2)) as month_of_line
    from service_months as month
    where month.unexcused = 1 and month.is_inside and month.given_amount < 0
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.currency, eligible.what
            order by dice(eligible.subject_id, 1), eligible.subject_id
        ) as turn,
        row_number() over (partition by eligible.subject_id order by eligible.what) as turn_of_subject
    from eligible
    where eligible.month_of_line = 1 and eligible.subject_id not in (select before.subject_id from before)
)

select turns.* from turns
where turns.turn_of_subject = 1
order by turns.turn, dice(turns.subject_id, 1), turns.subject_id
limit getvariable('errors');

insert into incidents by name
select
    'N of ' || wrong.subject_id as incident_id,
    wrong.contract_line_id,
    cast(wrong.month_from as timestamp) + to_hours(80) as started_at,
    cast(wrong.month_from as timestamp) + to_hours(80) + to_minutes(wrong.from_minutes + 1) as ended_at,
    false as is_excused,
    case when wrong.needs_claim then wrong.month_from + 10 end as claimed_on
from wrong
where wrong.incident_id is null;

update incidents set is_excused = true
from wrong
where incidents.incident_id = wrong.incident_id;

insert into planted
select
    wrong.subject_id,
    wrong.expected_amount,
    wrong.billed_amount,
    wrong.what
from wrong;

insert into taken
select unnest([wrong.contract_line_id, wrong.contract_id]) as id
from wrong
