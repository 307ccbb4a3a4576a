/*---
id: ACC-11
title: Service credit owed and given differ
severity: high
grain: contract_line_id/YYYY-MM
subject: contract_lines
examines: incidents
standing: true
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model, unit_price, starts_on]
  incidents: [incident_id, contract_line_id, started_at]
  sla_tiers: [contract_id, from_minutes, credit_percent]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount]
uses:
  contracts: [ends_on, terminated_on, billing_frequency, billing_day, proration, sla_claim_required]
  contract_lines: [quantity, ends_on, billing_trigger, installed_on, accepted_on]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
  service_pauses: [contract_line_id, paused_from, paused_to]
  incidents: [ended_at, is_excused, claimed_on]
  sla_tiers: [to_minutes]
  invoices: [reason_code, period_from, period_to]
  invoice_lines: [period_from, period_to, tax_rate]
parameters:
  grace_days: {default: 35, unit: days, why: a month's credit is given with the invoice of the month that follows}
suppressions:
  in_grace: the month ended less than grace_days before the as-of date
  not_claimed: the contract asks for a claim, and no incident of the month has one
  before_data: the month that followed lies before the first document, and no credit for such a month is known
why: >
  A credit that is promised and not given is a broken promise; one given twice, or for an excused outage, is a gift.
next_step: Compare the incidents with the outage log; give the rest of the credit, or take back what was not owed.
---*/
with covered as (
    select
        charge.*,
        coalesce(contract.sla_claim_required, false) as needs_claim
    from charges as charge
    inner join contracts as contract on charge.contract_id = contract.contract_id
    where charge.charge_type = 'recurring'
),

-- An outage that is not over lasts to the end of the as-of date.
outages as (
    select
        incident.incident_id,
        incident.contract_line_id,
        charge.contract_id,
        coalesce(incident.is_excused, false) as is_excused,
        case when incident.claimed_on <= $as_of then incident.incident_id end as claimed_id,
        incident.started_at,
        least(incident.ended_at, cast($as_of + 1 as timestamp)) as ended_at
    from incidents as incident
    inner join covered as charge on incident.contract_line_id = charge.contract_line_id
    where incident.started_at < cast($as_of + 1 as timestamp)
),

-- What each outage adds to those that began before it; and, to explain what was given, what it does where outages are
-- added up or excused ones count.
ordered as (
    select
        outage.contract_line_id,
        outage.contract_id,
        way.counting,
        outage.started_at,
        outage.ended_at,
        case
            when way.counting <> 'outages added up'
                then
                    max(outage.ended_at) over (
                        partition by outage.contract_line_id, way.counting
                        order by outage.started_at, outage.incident_id
                        rows between unbounded preceding and 1 preceding
                    )
        end as down_before
    from outages as outage
    cross join (values ('each minute once'), ('outages added up'), ('excused outages too')) as way (counting)
    where way.counting = 'excused outages too' or not outage.is_excused
),

added as (
    select
        contract_line_id,
        contract_id,
        counting,
        greatest(started_at, down_before) as down_from,
        greatest(started_at, down_before, ended_at) as down_to
    from ordered
),

down as (
    select
        added.contract_line_id,
        added.contract_id,
        added.counting,
        months.month_from,
        sum(
            seconds_between(
                greatest(added.down_from, cast(months.month_from as timestamp)),
                least(added.down_to, cast(months.month_to as timestamp))
            )
        ) as seconds
    from added
    inner join months
        on
            month_of(cast(added.down_from as date)) <= months.month_from
            and cast(added.down_to as date) >= months.month_from
    group by added.contract_line_id, added.contract_id, added.counting, months.month_from
),

-- A credit that says no period is for the month before it, or for its own where only that had an outage.
credits as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.contract_line_id,
        month_of(
            coalesce(
                line.period_from,
                case when own.month_from is not null and earlier.month_from is null then line.invoice_date end,
                add_months_to(month_of(line.invoice_date), -1)
            )
        ) as month_from,
        line.net_amount,
        line.tax_rate
    from service_lines as line
    inner join covered as charge on line.contract_line_id = charge.contract_line_id
    left join down as own
        on
            line.contract_line_id = own.contract_line_id
            and month_of(line.invoice_date) = own.month_from
            and own.counting = 'each minute once'
    left join down as earlier
        on
            line.contract_line_id = earlier.contract_line_id
            and add_months_to(month_of(line.invoice_date), -1) = earlier.month_from
            and earlier.counting = 'each minute once'
    where
        line.kind = 'credit_memo'
        and line.reason_code = 'sla_credit'
        and line.invoice_date <= $as_of
        and line.currency = charge.currency
),

matched as (
    select
        contract_line_id,
        month_from,
        add_months_to(month_from, 1) as month_to,
        sum(seconds) as seconds,
        sum(given_amount) as given_amount,
        max(tax_rate) as tax_rate
    from (
        select
            contract_line_id,
            month_from,
            seconds,
            cast(0 as decimal(18, 4)) as given_amount,
            cast(null as decimal(18, 8)) as tax_rate
        from down
        where counting = 'each minute once'
        union all
        select
            contract_line_id,
            month_from,
            cast(0 as bigint) as seconds,
            net_amount as given_amount,
            tax_rate
        from credits
    ) as side
    group by contract_line_id, month_from
),

service_months as (
    select
        matched.month_from,
        matched.month_to,
        matched.seconds,
        matched.given_amount,
        matched.tax_rate,
        charge.contract_line_id,
        charge.contract_id,
        charge.entity_id,
        charge.customer_id,
        charge.currency,
        charge.needs_claim,
        charge.proration,
        charge.says_proration,
        charge.months_in_period,
        charge.billing_day,
        charge.period_price,
        greatest(matched.month_from, coalesce(charge.triggered_on, matched.month_to)) as active_from,
        least(matched.month_to, charge.stops_on) as active_to
    from matched
    inner join covered as charge on matched.contract_line_id = charge.contract_line_id
),

starts as (
    select
        contract_id,
        from_minutes,
        lead(from_minutes) over (partition by contract_id order by from_minutes) as next_minutes
    from sla_tiers
    group by contract_id, from_minutes
),

tiers as (
    select
        tier.contract_id,
        tier.from_minutes,
        tier.credit_percent,
        coalesce(tier.to_minutes, starts.next_minutes) as to_minutes
    from sla_tiers as tier
    inner join starts on tier.contract_id = starts.contract_id and tier.from_minutes = starts.from_minutes
),

tried as (
    select
        month.contract_line_id,
        month.month_from,
        month.seconds,
        tier.from_minutes,
        case
            when
                month.seconds >= 60 * tier.from_minutes
                and (tier.to_minutes is null or month.seconds < 60 * tier.to_minutes)
                then tier.credit_percent
        end as reached_percent
    from service_months as month
    inner join tiers as tier on month.contract_id = tier.contract_id
),

-- Below the lowest tier nothing is owed; where no tier or more than one holds the minutes, nobody can say what is.
rated as (
    select
        contract_line_id,
        month_from,
        count(reached_percent) as tiers,
        case
            when seconds = 0 or seconds < 60 * min(from_minutes) then 0
            when count(reached_percent) = 1 then max(reached_percent)
        end as credit_percent
    from tried
    group by contract_line_id, month_from, seconds
),

pauses as (
    select
        contract_line_id,
        paused_from,
        coalesce(paused_to, date '9999-12-31') as paused_to
    from service_pauses
),

-- When a service runs: up to the first pause, from each pause to the next, and after the last.
running as (
    select
        contract_line_id,
        max(paused_to) over (
            partition by contract_line_id
            order by paused_from
            rows between unbounded preceding and 1 preceding
        ) as from_day,
        paused_from as until_day
    from pauses
    union all
    select
        contract_line_id,
        max(paused_to) as from_day,
        cast(null as date) as until_day
    from pauses
    group by contract_line_id
),

stretches as (
    select
        month.contract_line_id,
        month.month_from,
        month.month_to,
        month.period_price,
        percent_of(month.period_price, rated.credit_percent) as credit_price,
        month.months_in_period,
        month.billing_day,
        greatest(month.active_from, running.from_day) as from_day,
        least(month.active_to, running.until_day) as until_day
    from service_months as month
    inner join rated on month.contract_line_id = rated.contract_line_id and month.month_from = rated.month_from
    left join running on month.contract_line_id = running.contract_line_id
),

placed as (
    select
        *,
        months_in_period = 1 and from_day = month_from and until_day = month_to as is_whole,
        row_number() over (
            partition by contract_line_id, month_from
            order by from_day
        ) as turn,
        period_start(from_day, months_in_period, billing_day) as first_start,
        period_end(from_day, months_in_period, billing_day) as first_end,
        period_start(until_day, months_in_period, billing_day) as last_start,
        period_end(until_day, months_in_period, billing_day) as last_end
    from stretches
    where from_day < until_day
),

conventions as (
    select known.convention
    from (values ('actual'), ('thirty'), ('thirty_360'), ('period'), ('none')) as known (convention)
),

-- A whole month costs its share of the price, and any part of one as much where nothing is prorated. The percent is
-- taken of the price first, so that only one division and one rounding follow.
credited as (
    select
        placed.contract_line_id,
        placed.month_from,
        conventions.convention,
        sum(
            case
                when placed.is_whole or conventions.convention = 'none'
                    then price_share(placed.period_price, 1, placed.months_in_period)
                else
                    charge_for(
                        placed.period_price, placed.from_day, placed.until_day, conventions.convention,
                        placed.months_in_period,
                        placed.first_start, placed.first_end, placed.last_start, placed.last_end
                    )
            end
        ) as charge,
        sum(
            case
                when placed.is_whole or conventions.convention = 'none'
                    then price_share(placed.credit_price, 1, placed.months_in_period)
                else
                    charge_for(
                        placed.credit_price, placed.from_day, placed.until_day, conventions.convention,
                        placed.months_in_period,
                        placed.first_start, placed.first_end, placed.last_start, placed.last_end
                    )
            end
        ) as credit
    from placed
    cross join conventions
    where conventions.convention <> 'none' or placed.turn = 1
    group by placed.contract_line_id, placed.month_from, conventions.convention
),

owed as (
    select
        month.*,
        rated.tiers,
        rated.credit_percent,
        coalesce(credited.charge, 0) as charge,
        credited.credit,
        case
            when rated.credit_percent = 0 or credited.contract_line_id is null then 0
            else -round_money(credited.credit, month.currency)
        end as owed_amount
    from service_months as month
    inner join rated on month.contract_line_id = rated.contract_line_id and month.month_from = rated.month_from
    left join credited
        on
            month.contract_line_id = credited.contract_line_id
            and month.month_from = credited.month_from
            and month.proration = credited.convention
),

off as (
    select *
    from owed
    where coalesce(owed_amount <> given_amount, true)
),

-- The documents of the month that follows give a credit. Where three services or more are owed one by documents older
-- than the first that is known, and none of them got one, the data begins with that.
first_document as (
    select month_of(min(invoice_date)) as month
    from live_invoices
),

early as (
    select
        count(distinct case when owed.owed_amount < 0 then owed.contract_line_id end) as services,
        count(case when owed.given_amount <> 0 then owed.contract_line_id end) as given_months
    from owed
    inner join first_document on owed.month_to < first_document.month
),

-- What was given is looked into where there was a charge and one tier, or none yet, held the minutes.
differing as (
    select *
    from off
    where given_amount <> 0 and charge <> 0 and credit_percent is not null
),

prorated as (
    select
        month.contract_line_id,
        month.month_from,
        min(credited.convention) as convention
    from differing as month
    inner join credited
        on
            month.contract_line_id = credited.contract_line_id
            and month.month_from = credited.month_from
            and month.given_amount = -round_money(credited.credit, month.currency)
    group by month.contract_line_id, month.month_from
),

other_percents as (
    select
        down.contract_line_id,
        down.month_from,
        down.counting as convention,
        tier.credit_percent
    from down
    inner join tiers as tier
        on
            down.contract_id = tier.contract_id
            and down.seconds >= 60 * tier.from_minutes
            and (tier.to_minutes is null or down.seconds < 60 * tier.to_minutes)
    union all
    select
        month.contract_line_id,
        month.month_from,
        'each tier with its end' as convention,
        tier.credit_percent
    from service_months as month
    inner join tiers as tier on month.contract_id = tier.contract_id and month.seconds = 60 * tier.to_minutes
),

counted as (
    select
        month.contract_line_id,
        month.month_from,
        min(other.convention) as convention
    from differing as month
    inner join other_percents as other
        on
            month.contract_line_id = other.contract_line_id
            and month.month_from = other.month_from
            and month.given_amount = -round_money(percent_of(month.charge, other.credit_percent), month.currency)
    group by month.contract_line_id, month.month_from
),

-- Another convention that gives what was given.
explained as (
    select
        month.contract_line_id,
        month.month_from,
        prorated.convention as prorated_by,
        coalesce(
            prorated.convention,
            case -month.given_amount
                when
                    round_money(
                        percent_of(round_money(month.charge, month.currency), month.credit_percent), month.currency
                    )
                    then 'of the rounded charge'
                when round_money(percent_of(month.period_price, month.credit_percent), month.currency)
                    then 'of the whole billing period'
            end,
            other_rounding(-month.credit, month.given_amount, month.currency),
            counted.convention,
            case month.given_amount
                when round_money(times_rate(month.owed_amount, 1 + month.tax_rate), month.currency)
                    then 'with its tax'
            end
        ) as convention
    from differing as month
    left join prorated
        on month.contract_line_id = prorated.contract_line_id and month.month_from = prorated.month_from
    left join counted
        on month.contract_line_id = counted.contract_line_id and month.month_from = counted.month_from
),

outage_proof as (
    select
        off.contract_line_id,
        off.month_from,
        count(outage.claimed_id) as claims,
        list(outage.incident_id) as incident_ids
    from off
    inner join outages as outage
        on
            off.contract_line_id = outage.contract_line_id
            and cast(off.month_from as timestamp) < outage.ended_at
            and cast(off.month_to as timestamp) > outage.started_at
    group by off.contract_line_id, off.month_from
),

credit_proof as (
    select
        off.contract_line_id,
        off.month_from,
        list(credits.invoice_line_id) as invoice_line_ids,
        list(credits.invoice_id) as invoice_ids
    from off
    inner join credits on off.contract_line_id = credits.contract_line_id and off.month_from = credits.month_from
    group by off.contract_line_id, off.month_from
),

tier_proof as (
    select
        off.contract_line_id,
        off.month_from,
        list(tier.contract_id || '/' || cast(tier.from_minutes as varchar)) as tier_keys
    from off
    inner join tiers as tier on off.contract_id = tier.contract_id
    group by off.contract_line_id, off.month_from
)

select
    off.contract_line_id || '/' || substr(cast(off.month_from as varchar), 1, 7) as subject_id,
    off.entity_id,
    off.customer_id,
    off.month_to - 1 as event_date,
    off.currency,
    off.owed_amount as expected_amount,
    off.given_amount as billed_amount,
    cast(off.seconds // 60 as varchar) || ' minutes down in ' || substr(cast(off.month_from as varchar), 1, 7)
    || case
        when off.credit_percent is null and off.tiers = 0 then ', which no tier holds'
        when off.credit_percent is null then ', which more than one tier holds'
        when off.owed_amount is null then ', and the charge has no price'
        else
            ': ' || number_text(off.credit_percent) || ' % of '
            || amount_text(round_money(off.charge, off.currency), off.currency)
            || ' is ' || amount_text(-off.owed_amount, off.currency)
    end
    || ', given ' || amount_text(-off.given_amount, off.currency)
    || coalesce(' (' || explained.convention || ')', '') as reason,
    case
        when days_between(off.month_to, $as_of) < $grace_days then 'in_grace'
        when
            off.needs_claim
            and outage_proof.claims = 0
            and coalesce(sign(off.given_amount - off.owed_amount), 1) = 1
            then 'not_claimed'
        when early.services >= 3 and early.given_months = 0 and off.month_to < first_document.month
            then 'before_data'
    end as suppressed_by,
    explained.convention,
    off.contract_line_id as evidence_contract_lines,
    off.contract_id as evidence_contracts,
    outage_proof.incident_ids as evidence_incidents,
    tier_proof.tier_keys as evidence_sla_tiers,
    credit_proof.invoice_line_ids as evidence_invoice_lines,
    credit_proof.invoice_ids as evidence_invoices
from off
cross join first_document
cross join early
inner join tier_proof
    on off.contract_line_id = tier_proof.contract_line_id and off.month_from = tier_proof.month_from
left join outage_proof
    on off.contract_line_id = outage_proof.contract_line_id and off.month_from = outage_proof.month_from
left join credit_proof
    on off.contract_line_id = credit_proof.contract_line_id and off.month_from = credit_proof.month_from
left join explained
    on off.contract_line_id = explained.contract_line_id and off.month_from = explained.month_from
-- Where the contract names no convention, what any of them gives is right.
where off.says_proration or explained.prorated_by is null
