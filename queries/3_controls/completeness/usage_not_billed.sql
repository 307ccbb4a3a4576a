/*---
id: COM-03
title: Usage not billed
severity: high
grain: contract_line_id/YYYY-MM
subject: contract_lines
examines: usage
standing: true
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model]
  usage: [usage_id, contract_line_id, used_from, quantity]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id]
uses:
  contracts: [billing_frequency, billing_day, minimum_commitment]
  contract_lines: [unit_price, package_size, included_quantity]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
  usage: [is_billable]
  invoices: [period_from, period_to]
  invoice_lines: [period_from, period_to]
parameters:
  grace_days: {default: 35, unit: days, why: a month's use is rated and billed in the month that follows}
suppressions:
  included: within the quantity that the price includes
  in_grace: the month ended less than grace_days before the as-of date
  not_billable: nothing of the month's use is billable
  free_of_charge: what was used costs nothing
why: >
  Meters and approvals live in other systems than billing, and no customer misses a month that is not handed over.
next_step: Look for the month in the rating run; bill it, or find who stopped it.
---*/
with used as (
    select
        metered.contract_line_id,
        metered.used_from,
        sum(case when coalesce(metered.is_billable, true) then metered.quantity else 0 end) as billable_quantity,
        count(case when coalesce(metered.is_billable, true) then metered.usage_id end) as billable_rows
    from usage as metered
    where metered.used_from <= $as_of
    group by metered.contract_line_id, metered.used_from
),

-- A day is covered when, of the periods that have begun by then, one reaches past it: each does past its own first day.
timeline as (
    select
        contract_line_id,
        used_from as day,
        cast(null as date) as reach,
        billable_quantity,
        billable_rows
    from used
    union all
    select
        contract_line_id,
        period_from as day,
        period_to as reach,
        cast(null as decimal(38, 6)) as billable_quantity,
        cast(null as bigint) as billable_rows
    from service_lines
    where kind <> 'credit_memo' and invoice_date <= $as_of
),

reached as (
    select
        *,
        max(reach) over (
            partition by contract_line_id
            order by day nulls last, reach nulls last
            rows between unbounded preceding and current row
        ) as covered_to
    from timeline
),

unbilled_days as (
    select
        contract_line_id,
        day,
        month_of(day) as month_from,
        billable_quantity,
        billable_rows
    from reached
    where coalesce(covered_to <= day, true) and billable_rows is not null
),

-- The data begins with its first document, or when the first use that was billed was due if that is earlier.
oldest as (
    select
        least(
            min(line.invoice_date),
            min(
                case charge.charge_type
                    when 'usage' then period_end(line.period_to - 1, charge.months_in_period, charge.billing_day)
                end
            )
        ) as day
    from service_lines as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    where line.kind <> 'credit_memo' and line.invoice_date <= $as_of
),

due as (
    select
        unbilled_day.*,
        period_end(unbilled_day.day, charge.months_in_period, charge.billing_day) as due_on
    from unbilled_days as unbilled_day
    inner join charges as charge on unbilled_day.contract_line_id = charge.contract_line_id
    where charge.charge_type = 'usage'
),

early as (
    select count(distinct due.contract_line_id) as services
    from due
    inner join oldest on due.due_on < oldest.day
),

-- Where the use of three services or more was due before the data begins, it was billed before, too.
judged as (
    select due.*
    from due
    cross join oldest
    cross join early
    where early.services < 3 or due.due_on >= oldest.day
),

unbilled as (
    select
        contract_line_id,
        month_from,
        max(due_on) as due_on,
        sum(billable_quantity) as quantity,
        sum(billable_rows) as billable_rows
    from judged
    group by contract_line_id, month_from
),

priced as (
    select
        unbilled.*,
        add_months_to(unbilled.month_from, 1) as month_to,
        charge.contract_id,
        charge.entity_id,
        charge.customer_id,
        charge.currency,
        charge.pricing_model,
        charge.included_quantity,
        coalesce(charge.minimum_commitment, 0) as minimum_commitment,
        greatest(0, unbilled.quantity - charge.included_quantity) as rated_quantity
    from unbilled
    inner join charges as charge on unbilled.contract_line_id = charge.contract_line_id
),

rated as (
    select
        priced.*,
        step.tiers,
        step.unit_price,
        coalesce(
            price_by_step(
                priced.rated_quantity, step.base_quantity, step.base_amount, step.unit_price, step.package_size
            ),
            case when priced.rated_quantity = 0 then 0 end
        ) as rated_amount
    from priced
    left join price_steps as step
        on
            priced.contract_line_id = step.contract_line_id
            and priced.rated_quantity >= step.from_quantity
            and (step.to_quantity is null or priced.rated_quantity < step.to_quantity)
),

owed as (
    select
        *,
        case
            when rated_amount is not null
                then round_money(greatest(rated_amount, minimum_commitment), currency)
        end as owed_amount
    from rated
),

proof as (
    select
        owed.contract_line_id,
        owed.month_from,
        list(metered.usage_id) as usage_ids
    from owed
    inner join judged
        on owed.contract_line_id = judged.contract_line_id and owed.month_from = judged.month_from
    inner join usage as metered
        on judged.contract_line_id = metered.contract_line_id and judged.day = metered.used_from
    group by owed.contract_line_id, owed.month_from
),

tier_proof as (
    select
        owed.contract_line_id,
        owed.month_from,
        list(tier.contract_line_id || '/' || cast(tier.from_quantity as varchar)) as tier_keys
    from owed
    inner join price_tiers as tier
        on owed.contract_line_id = tier.contract_line_id and owed.rated_quantity >= tier.from_quantity
    group by owed.contract_line_id, owed.month_from
)

select
    owed.contract_line_id || '/' || substr(cast(owed.month_from as varchar), 1, 7) as subject_id,
    owed.entity_id,
    owed.customer_id,
    owed.month_to - 1 as event_date,
    owed.currency,
    owed.owed_amount as expected_amount,
    cast(0 as decimal(38, 4)) as billed_amount,
    number_text(owed.quantity) || ' billable used in ' || substr(cast(owed.month_from as varchar), 1, 7)
    || ' and not billed'
    || case
        when owed.included_quantity > 0 then ', ' || number_text(owed.included_quantity) || ' included'
        else ''
    end
    || coalesce(
        '; by ' || owed.pricing_model || ' ' || amount_text(owed.owed_amount, owed.currency)
        || case when owed.rated_amount < owed.minimum_commitment then ', the minimum commitment' else '' end,
        '; ' || price_missing(owed.tiers, owed.unit_price)
    ) as reason,
    case
        when owed.owed_amount = 0 and owed.rated_quantity = 0 and owed.billable_rows > 0 then 'included'
        when days_between(owed.month_to, $as_of) < $grace_days or owed.due_on > $as_of then 'in_grace'
        when owed.billable_rows = 0 then 'not_billable'
        when owed.owed_amount = 0 then 'free_of_charge'
    end as suppressed_by,
    owed.contract_line_id as evidence_contract_lines,
    owed.contract_id as evidence_contracts,
    proof.usage_ids as evidence_usage,
    tier_proof.tier_keys as evidence_price_tiers
from owed
inner join proof on owed.contract_line_id = proof.contract_line_id and owed.month_from = proof.month_from
left join tier_proof
    on owed.contract_line_id = tier_proof.contract_line_id and owed.month_from = tier_proof.month_from
