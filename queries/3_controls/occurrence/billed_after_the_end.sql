/*---
id: OCC-05
title: Billed after the service ended
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: service_lines
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model, unit_price]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount, period_from, period_to]
uses:
  contracts: [terminated_on, ends_on, status, billing_frequency, billing_day, proration]
  contract_lines: [product_id, quantity, ends_on]
  invoices: [reason_code, original_invoice_id]
  invoice_lines: [product_id]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
suppressions:
  credited: live credit memo lines of the contract line give back the days past the end
why: >
  The service is switched off in one system and goes on being billed in another.
next_step: Credit the days past the end and stop the charge.
---*/
with ended as (
    select
        *,
        least(ends_on, terminated_on, expired_on) as end_day
    from charges
),

-- Use is billed when its period is over, so the period that holds the end is right for it.
past as (
    select
        line.*,
        charge.contract_id,
        charge.product_id,
        charge.end_day,
        charge.currency as agreed_currency,
        charge.period_price,
        charge.proration,
        charge.months_in_period,
        period_start(line.period_from, charge.months_in_period, charge.billing_day) as first_start,
        period_end(line.period_from, charge.months_in_period, charge.billing_day) as first_end,
        period_start(charge.end_day, charge.months_in_period, charge.billing_day) as last_start,
        period_end(charge.end_day, charge.months_in_period, charge.billing_day) as last_end,
        period_start(line.period_to, charge.months_in_period, charge.billing_day) as past_last_start,
        period_end(line.period_to, charge.months_in_period, charge.billing_day) as past_last_end,
        greatest(line.period_from, charge.end_day) as past_from
    from service_lines as line
    inner join ended as charge on line.contract_line_id = charge.contract_line_id
    where
        line.kind <> 'credit_memo'
        and line.net_amount > 0
        and line.invoice_date <= $as_of
        and line.period_to > charge.end_day
        and (charge.charge_type = 'recurring' or line.period_from >= charge.end_day)
),

priced as (
    select
        *,
        charge_for(
            period_price, period_from, end_day, proration, months_in_period,
            first_start, first_end, last_start, last_end
        ) as exact_amount,
        charge_for(
            period_price, end_day, period_to, proration, months_in_period,
            last_start, last_end, past_last_start, past_last_end
        ) as exact_past_amount,
        price_share(
            net_amount, days_between(past_from, period_to), days_between(period_from, period_to)
        ) as share_amount
    from past
),

owed as (
    select
        *,
        case
            when period_from >= end_day then 0
            when currency = agreed_currency then round_money(exact_amount, currency)
        end as owed_amount,
        case
            when period_from < end_day and currency = agreed_currency then round_money(exact_past_amount, currency)
        end as past_amount
    from priced
),

-- Who credits the days past the end gives back what is too much, what those days cost, or their share of the line:
-- with some prorations and with pauses these differ, and the days are credited all the same.
charged as (
    select
        *,
        least(net_amount - owed_amount, past_amount, round_money(share_amount, currency)) as needed_amount,
        row_number() over (
            order by period_from, invoice_date, invoice_line_id
        ) as turn
    from owed
),

-- A credit memo line without a period is for the invoice that it names; one that names no charge is for any of that
-- invoice's of its product. Several may be for some of the days each.
credits as (
    select
        charged.invoice_line_id,
        'contract_lines' as given_to,
        charged.contract_line_id as given_to_id,
        charged.currency,
        charged.turn,
        charged.needed_amount,
        charged.past_from as asked_from,
        charged.period_to as asked_to,
        greatest(credit.period_from, charged.past_from) as covered_from,
        least(credit.period_to, charged.period_to) as covered_to,
        credit.invoice_line_id as credit_line_id,
        credit.invoice_id as credit_id,
        -credit.net_amount as amount
    from charged
    inner join service_lines as credit
        on charged.contract_line_id = credit.contract_line_id and charged.currency = credit.currency
    where
        credit.kind = 'credit_memo'
        and credit.invoice_date <= $as_of
        and coalesce(credit.reason_code, '') <> 'sla_credit'
        and coalesce(
            credit.period_from < charged.period_to and credit.period_to > charged.past_from,
            credit.original_invoice_id = charged.invoice_id
        )
    union all
    select
        charged.invoice_line_id,
        'invoices' as given_to,
        charged.invoice_id as given_to_id,
        charged.currency,
        charged.turn,
        charged.needed_amount,
        charged.past_from as asked_from,
        charged.period_to as asked_to,
        greatest(credit.period_from, charged.past_from) as covered_from,
        least(credit.period_to, charged.period_to) as covered_to,
        credit.invoice_line_id as credit_line_id,
        credit.invoice_id as credit_id,
        -credit.net_amount as amount
    from charged
    inner join live_lines as credit
        on charged.invoice_id = credit.original_invoice_id and charged.currency = credit.currency
    where
        credit.kind = 'credit_memo'
        and credit.contract_line_id is null
        and credit.invoice_date <= $as_of
        and coalesce(credit.reason_code, '') <> 'sla_credit'
        and coalesce(credit.product_id = charged.product_id, true)
        and coalesce(
            credit.period_from < charged.period_to and credit.period_to > charged.past_from,
            true
        )
),

opened as (
    select
        *,
        min(turn) over (partition by credit_line_id) as first_turn
    from credits
),

covered as (
    select
        invoice_line_id,
        given_to,
        given_to_id,
        currency,
        turn,
        min(needed_amount) as needed_amount,
        case
            when
                min(covered_from) = min(asked_from)
                and max(covered_to) = max(asked_to)
                and sum(days_between(covered_from, covered_to)) >= days_between(min(asked_from), max(asked_to))
                then least(sum(amount), min(needed_amount))
            else 0
        end as wanted_amount,
        sum(case when turn = first_turn then amount else 0 end) as opened_amount
    from opened
    group by invoice_line_id, given_to, given_to_id, currency, turn
),

-- A credit for the days of several lines gives each only what the lines before it leave.
shared_out as (
    select
        invoice_line_id,
        needed_amount,
        greatest(
            0,
            least(
                wanted_amount,
                wanted_amount + sum(opened_amount - wanted_amount) over in_order
            )
        ) as amount
    from covered
    window in_order as (
        partition by given_to, given_to_id, currency
        order by turn
        rows between unbounded preceding and current row
    )
),

given_back as (
    select
        invoice_line_id,
        least(sum(amount), min(needed_amount)) as amount
    from shared_out
    group by invoice_line_id
),

sources as (
    select
        invoice_line_id,
        invoice_line_id as source_line_id,
        invoice_id as source_id
    from charged
    union all
    select
        invoice_line_id,
        credit_line_id as source_line_id,
        credit_id as source_id
    from credits
),

proof as (
    select
        invoice_line_id,
        list(source_line_id) as invoice_line_ids,
        list(source_id) as invoice_ids
    from sources
    group by invoice_line_id
)

select
    line.invoice_line_id as subject_id,
    line.entity_id,
    line.customer_id,
    line.invoice_date as event_date,
    line.currency,
    line.owed_amount as expected_amount,
    line.net_amount as billed_amount,
    'billed for ' || cast(line.period_from as varchar) || ' to ' || cast(line.period_to as varchar) || ', '
    || line.contract_line_id || ' ended on ' || cast(line.end_day as varchar)
    || coalesce(
        case
            when line.period_from < line.end_day
                then ' (up to there ' || amount_text(line.owed_amount, line.currency) || ')'
        end,
        ''
    )
    || '; ' || amount_text(line.net_amount, line.currency) || ' stated'
    || coalesce(', ' || amount_text(nullif(given_back.amount, 0), line.currency) || ' given back', '') as reason,
    case when given_back.amount >= line.needed_amount then 'credited' end as suppressed_by,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices,
    line.contract_line_id as evidence_contract_lines,
    line.contract_id as evidence_contracts
from charged as line
inner join proof on line.invoice_line_id = proof.invoice_line_id
left join given_back on line.invoice_line_id = given_back.invoice_line_id
