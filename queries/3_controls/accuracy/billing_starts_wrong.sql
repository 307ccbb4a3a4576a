/*---
id: ACC-12
title: Billing starts on the wrong day
severity: high
grain: contract_line_id
subject: contract_lines
examines: contract_lines
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model, unit_price, starts_on]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount, period_from, period_to]
uses:
  contracts: [billing_frequency, billing_timing, billing_day, proration]
  contract_lines: [product_id, quantity, billing_trigger, installed_on, accepted_on]
  invoices: [reason_code, original_invoice_id]
  invoice_lines: [product_id]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
  service_pauses: [contract_line_id, paused_from, paused_to]
suppressions:
  credited: live credit memo lines of the contract line give back the days before billing may begin
why: >
  The day a service was installed reaches billing late, or the day it was promised is taken for it.
next_step: Compare the installation or acceptance record with the first invoice; credit or bill the days between.
---*/
with live as (
    select *
    from service_lines
    where kind <> 'credit_memo' and invoice_date <= $as_of
),

edges as (
    select
        least(min(period_from), min(invoice_date)) as oldest_day,
        min(invoice_date) as first_document
    from live
),

numbered as (
    select
        *,
        row_number() over (
            partition by contract_line_id
            order by period_from, invoice_date, invoice_line_id
        ) as turn
    from live
    where period_from < period_to
),

-- Days of a pause are not charged: what is paused on its first day is charged from the end of the pause.
resumed as (
    select
        charge.contract_line_id,
        max(pause.paused_to) as resumed_on
    from charges as charge
    inner join service_pauses as pause on charge.contract_line_id = pause.contract_line_id
    where pause.paused_from <= charge.triggered_on
    group by charge.contract_line_id
),

firsts as (
    select
        charge.*,
        greatest(charge.triggered_on, resumed.resumed_on) as charged_from,
        line.invoice_line_id,
        line.invoice_id,
        line.invoice_date,
        line.period_from,
        line.period_to,
        least(greatest(charge.triggered_on, resumed.resumed_on), line.period_to) as due_from,
        case
            when charge.billing_timing = 'arrears'
                then period_end(charge.triggered_on, charge.months_in_period, charge.billing_day)
            else charge.triggered_on
        end as first_due
    from numbered as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    left join resumed on line.contract_line_id = resumed.contract_line_id
    where line.turn = 1 and charge.charge_type = 'recurring'
),

-- Documents in arrears are for days that others were billed for before the data begins. Where most services that were
-- first due between the oldest day billed and the first document seem to be billed late, the data begins with it.
early as (
    select
        count(*) as services,
        count(case when firsts.period_from > firsts.triggered_on then firsts.contract_line_id end) as late_services
    from firsts
    cross join edges
    where firsts.triggered_on >= edges.oldest_day and firsts.first_due < edges.first_document
),

oldest as (
    select
        edges.oldest_day as day,
        case
            when early.services > 2 and 2 * early.late_services > early.services then edges.first_document
            else edges.oldest_day
        end as due_from
    from edges
    cross join early
),

-- A service that began before the data does was first billed there, too, unless the first days billed are of the very
-- billing period that it began in. Without a trigger no day is due.
begun as (
    select charge.*
    from firsts as charge
    cross join oldest
    where
        coalesce(charge.period_from not between charge.triggered_on and charge.charged_from, true)
        and (
            coalesce(charge.triggered_on >= oldest.day and charge.first_due >= oldest.due_from, true)
            or period_start(charge.triggered_on, charge.months_in_period, charge.billing_day)
            = period_start(charge.period_from, charge.months_in_period, charge.billing_day)
        )
),

placed as (
    select
        *,
        period_start(due_from, months_in_period, billing_day) as due_first_start,
        period_end(due_from, months_in_period, billing_day) as due_first_end,
        period_start(period_from, months_in_period, billing_day) as first_start,
        period_end(period_from, months_in_period, billing_day) as first_end,
        period_start(period_to, months_in_period, billing_day) as last_start,
        period_end(period_to, months_in_period, billing_day) as last_end
    from begun
),

priced as (
    select
        *,
        charge_for(
            period_price, due_from, period_to, proration, months_in_period,
            due_first_start, due_first_end, last_start, last_end
        ) as exact_owed,
        charge_for(
            period_price, period_from, period_to, proration, months_in_period,
            first_start, first_end, last_start, last_end
        ) as exact_charged,
        charge_for(
            period_price, period_from, due_from, proration, months_in_period,
            first_start, first_end, due_first_start, due_first_end
        ) as exact_early
    from placed
),

charged as (
    select
        *,
        round_money(exact_owed, currency) as owed_amount,
        round_money(exact_charged, currency) as charged_amount,
        -- Who gives back the days before gives back what they cost, or the difference of the two charges.
        least(
            round_money(exact_early, currency),
            round_money(exact_charged, currency) - round_money(exact_owed, currency)
        ) as needed_amount,
        days_between(charged_from, period_from) as days_late
    from priced
),

-- A credit memo line without a period is for the invoice that it names; one that names no charge is for any of that
-- invoice's of its product.
credits as (
    select
        charged.contract_line_id,
        charged.needed_amount,
        'contract_lines' as given_to,
        charged.contract_line_id as given_to_id,
        credit.invoice_line_id,
        credit.invoice_id,
        -credit.net_amount as amount
    from charged
    inner join service_lines as credit
        on charged.contract_line_id = credit.contract_line_id and charged.currency = credit.currency
    where
        charged.charged_amount > charged.owed_amount
        and credit.kind = 'credit_memo'
        and credit.invoice_date <= $as_of
        and coalesce(credit.reason_code, '') <> 'sla_credit'
        and coalesce(
            credit.period_from <= charged.period_from and credit.period_to >= charged.due_from,
            credit.original_invoice_id = charged.invoice_id
        )
    union all
    select
        charged.contract_line_id,
        charged.needed_amount,
        'invoices' as given_to,
        charged.invoice_id as given_to_id,
        credit.invoice_line_id,
        credit.invoice_id,
        -credit.net_amount as amount
    from charged
    inner join live_lines as credit
        on charged.invoice_id = credit.original_invoice_id and charged.currency = credit.currency
    where
        charged.charged_amount > charged.owed_amount
        and credit.kind = 'credit_memo'
        and credit.contract_line_id is null
        and credit.invoice_date <= $as_of
        and coalesce(credit.reason_code, '') <> 'sla_credit'
        and coalesce(credit.product_id = charged.product_id, true)
        and coalesce(credit.period_from <= charged.period_from and credit.period_to >= charged.due_from, true)
),

opened as (
    select
        *,
        min(contract_line_id) over (partition by invoice_line_id) as first_line_id
    from credits
),

covered as (
    select
        contract_line_id,
        given_to,
        given_to_id,
        min(needed_amount) as needed_amount,
        least(sum(amount), min(needed_amount)) as wanted_amount,
        sum(case when contract_line_id = first_line_id then amount else 0 end) as opened_amount
    from opened
    group by contract_line_id, given_to, given_to_id
),

-- A credit for several charges of an invoice gives each only what those before it leave.
shared_out as (
    select
        contract_line_id,
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
        partition by given_to, given_to_id
        order by contract_line_id
        rows between unbounded preceding and current row
    )
),

given_back as (
    select
        contract_line_id,
        least(sum(amount), min(needed_amount)) as amount
    from shared_out
    group by contract_line_id
),

sources as (
    select
        contract_line_id,
        invoice_line_id,
        invoice_id
    from charged
    union all
    select
        contract_line_id,
        invoice_line_id,
        invoice_id
    from credits
),

proof as (
    select
        contract_line_id,
        list(invoice_line_id) as invoice_line_ids,
        list(invoice_id) as invoice_ids
    from sources
    group by contract_line_id
)

select
    charge.contract_line_id as subject_id,
    charge.entity_id,
    charge.customer_id,
    charge.invoice_date as event_date,
    charge.currency,
    charge.owed_amount as expected_amount,
    charge.charged_amount as billed_amount,
    'first billed from ' || cast(charge.period_from as varchar)
    || coalesce(
        ', ' || cast(abs(charge.days_late) as varchar) || ' days '
        || case least(charge.days_late, 0) when 0 then 'after' else 'before' end
        || coalesce(
            ' ' || cast(nullif(charge.charged_from, charge.triggered_on) as varchar) || ', to which it was paused when',
            ''
        )
        || ' it ' || case charge.billing_trigger when 'start' then 'started' else 'was ' || charge.billing_trigger end
        || ' on ' || cast(charge.triggered_on as varchar),
        ', though it is not known to be ' || charge.billing_trigger
    )
    || '; to ' || cast(charge.period_to as varchar)
    || ' that is ' || amount_text(charge.charged_amount, charge.currency)
    || ' for ' || amount_text(charge.owed_amount, charge.currency)
    || coalesce(', ' || amount_text(nullif(given_back.amount, 0), charge.currency) || ' given back', '') as reason,
    case when given_back.amount >= charge.needed_amount then 'credited' end as suppressed_by,
    charge.contract_line_id as evidence_contract_lines,
    charge.contract_id as evidence_contracts,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices
from charged as charge
inner join proof on charge.contract_line_id = proof.contract_line_id
left join given_back on charge.contract_line_id = given_back.contract_line_id
