/*---
id: ACC-05
title: Partial period prorated wrongly
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: service_lines
needs:
  contracts: [contract_id, entity_id, customer_id, currency, proration]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model, unit_price]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount, period_from, period_to]
uses:
  contracts: [billing_frequency, billing_day]
  contract_lines: [quantity]
  invoice_lines: [discount_amount, tax_rate]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
  service_pauses: [contract_line_id, paused_from, paused_to]
why: >
  A first, last or paused month is worked out by hand, or by a convention that the contract does not have.
next_step: Look which convention the reason names; where it explains other lines too, correct the system, not the line.
---*/
-- Only a recurring charge has a period_price; what has none is nowhere found different.
with recurring as (
    select
        line.*,
        charge.contract_id,
        charge.period_price,
        charge.proration,
        charge.says_proration,
        charge.months_in_period,
        charge.billing_day
    from service_lines as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    where
        charge.currency = line.currency
        and line.kind <> 'credit_memo'
        and line.net_amount >= 0
        and line.invoice_date <= $as_of
        and line.period_from < line.period_to
),

pauses as (
    select
        line.invoice_line_id,
        line.period_from,
        line.period_to,
        greatest(line.period_from, pause.paused_from) as from_day,
        least(line.period_to, pause.paused_to) as until_day,
        pause.contract_line_id || '/' || cast(pause.paused_from as varchar) as pause_key
    from recurring as line
    inner join service_pauses as pause on line.contract_line_id = pause.contract_line_id
    where
        pause.paused_from < line.period_to
        and (pause.paused_to is null or pause.paused_to > line.period_from)
),

-- What the pauses leave of a line's days: from the end of one pause to the beginning of the next.
left_over as (
    select
        invoice_line_id,
        coalesce(
            max(until_day) over (
                partition by invoice_line_id
                order by from_day, until_day, pause_key
                rows between unbounded preceding and 1 preceding
            ),
            period_from
        ) as from_day,
        from_day as until_day
    from pauses
    union all
    select
        invoice_line_id,
        max(until_day) as from_day,
        max(period_to) as until_day
    from pauses
    group by invoice_line_id
),

paused as (
    select
        invoice_line_id,
        list(pause_key) as pause_keys,
        count(*) as pauses
    from pauses
    group by invoice_line_id
),

-- A line of whole billing periods without a pause has the price of the contract, which is ACC-03's to compare.
part as (
    select
        line.*,
        paused.pause_keys,
        coalesce(paused.pauses, 0) as pauses
    from recurring as line
    left join paused on line.invoice_line_id = paused.invoice_line_id
    where
        paused.pauses is not null
        or extract(day from line.period_from) <> least(line.billing_day, extract(day from last_day(line.period_from)))
        or extract(day from line.period_to) <> least(line.billing_day, extract(day from last_day(line.period_to)))
        or (month_number(line.period_to) - month_number(line.period_from)) % line.months_in_period <> 0
),

used as (
    select
        part.invoice_line_id,
        part.period_price,
        part.months_in_period,
        part.billing_day,
        coalesce(left_over.from_day, part.period_from) as from_day,
        coalesce(left_over.until_day, part.period_to) as until_day
    from part
    left join left_over on part.invoice_line_id = left_over.invoice_line_id
),

placed as (
    select
        *,
        period_start(from_day, months_in_period, billing_day) as first_start,
        period_end(from_day, months_in_period, billing_day) as first_end,
        period_start(until_day, months_in_period, billing_day) as last_start,
        period_end(until_day, months_in_period, billing_day) as last_end
    from used
),

-- Where any part of a period is charged whole, the days after a pause cost nothing in a period that the days before
-- it have charged already.
touched as (
    select
        *,
        max(
            case
                when last_start = until_day then until_day
                when from_day < until_day then last_end
            end
        ) over (
            partition by invoice_line_id
            order by from_day, until_day
            rows between unbounded preceding and 1 preceding
        ) as charged_to
    from placed
),

conventions as (
    select known.convention
    from (values ('actual'), ('thirty'), ('thirty_360'), ('period'), ('none')) as known (convention)
),

shares as (
    select
        touched.invoice_line_id,
        touched.period_price,
        touched.months_in_period,
        touched.until_day,
        touched.first_start,
        touched.first_end,
        touched.last_start,
        touched.last_end,
        conventions.convention,
        case conventions.convention
            when 'none' then greatest(touched.from_day, touched.charged_to)
            else touched.from_day
        end as from_day
    from touched
    cross join conventions
),

-- What several pauses leave of one billing period is added before it is divided: two shares that are cut off each for
-- itself may miss an exact half.
parts as (
    select
        invoice_line_id,
        period_price,
        convention,
        charge_part(
            from_day, until_day, convention, months_in_period, first_start, first_end, last_start, last_end
        ) as part,
        charge_whole(
            from_day, until_day, convention, months_in_period, first_start, first_end, last_start, last_end
        ) as whole
    from shares
),

added as (
    select
        invoice_line_id,
        period_price,
        convention,
        whole,
        cast(sum(part) as bigint) as part
    from parts
    group by invoice_line_id, period_price, convention, whole
),

by_convention as (
    select
        invoice_line_id,
        convention,
        sum(price_share(period_price, part, whole)) as exact_amount
    from added
    group by invoice_line_id, convention
),

-- What the contract's own convention gives, and another one that gives what is stated.
compared as (
    select
        part.invoice_line_id,
        max(case by_convention.convention when part.proration then by_convention.exact_amount end) as exact_amount,
        min(
            case
                when part.net_amount = round_money(by_convention.exact_amount, part.currency) - part.discount_amount
                    then by_convention.convention
            end
        ) as other_convention
    from part
    inner join by_convention on part.invoice_line_id = by_convention.invoice_line_id
    group by part.invoice_line_id
),

owed as (
    select
        part.*,
        compared.other_convention,
        compared.exact_amount - part.discount_amount as exact_amount,
        round_money(compared.exact_amount, part.currency) - part.discount_amount as owed_amount
    from part
    inner join compared on part.invoice_line_id = compared.invoice_line_id
),

-- Where the contract names no convention, what any of them gives is right.
explained as (
    select
        *,
        coalesce(
            other_convention,
            other_rounding(exact_amount, net_amount, currency),
            case
                when net_amount = round_money(times_rate(owed_amount, 1 + tax_rate), currency) then 'with its tax'
            end
        ) as convention
    from owed
    where net_amount <> owed_amount and (says_proration or other_convention is null)
)

select
    line.invoice_line_id as subject_id,
    line.entity_id,
    line.customer_id,
    line.invoice_date as event_date,
    line.currency,
    line.owed_amount as expected_amount,
    line.net_amount as billed_amount,
    cast(line.period_from as varchar) || ' to ' || cast(line.period_to as varchar)
    || case line.pauses
        when 0 then ''
        when 1 then ' less a pause'
        else ' less ' || cast(line.pauses as varchar) || ' pauses'
    end
    || ' at ' || number_text(line.period_price) || ' for '
    || case line.months_in_period when 1 then 'a month' when 3 then 'a quarter' else 'a year' end
    || ' by ' || line.proration || ' is ' || amount_text(line.owed_amount, line.currency)
    || ', stated ' || amount_text(line.net_amount, line.currency)
    || coalesce(', which is ' || line.convention, '') as reason,
    cast(null as varchar) as suppressed_by,
    line.convention,
    line.invoice_line_id as evidence_invoice_lines,
    line.invoice_id as evidence_invoices,
    line.contract_line_id as evidence_contract_lines,
    line.contract_id as evidence_contracts,
    line.pause_keys as evidence_service_pauses
from explained as line
