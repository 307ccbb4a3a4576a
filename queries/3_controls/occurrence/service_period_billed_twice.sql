/*---
id: OCC-02
title: Service period billed twice
severity: high
grain: invoice_line_id (the later)
subject: invoice_lines
examines: service_lines
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model, unit_price]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, net_amount, period_from, period_to]
uses:
  contracts: [billing_frequency, billing_day, proration]
  contract_lines: [product_id, quantity]
  invoices: [original_invoice_id, reason_code, created_at, posted_on]
  invoice_lines: [product_id, line_number]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
suppressions:
  credited: live credit memo lines of the contract line give back the days' charge, or all that the earlier lines state
why: >
  A renewal, a move to another billing cycle or a rebill charges days that were on an invoice already.
next_step: Credit the days that both lines name.
---*/
with billed as (
    select
        line.*,
        charge.product_id,
        coalesce(document.created_at, cast(document.posted_on as timestamp), cast(line.invoice_date as timestamp))
            as entered_at
    from service_lines as line
    inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    inner join invoices as document on line.invoice_id = document.invoice_id
    where
        charge.charge_type = 'recurring'
        and line.kind <> 'credit_memo'
        and line.net_amount > 0
        and line.invoice_date <= $as_of
        and line.period_from < line.period_to
),

ordered as (
    select
        line.*,
        row_number() over (
            partition by line.contract_line_id
            order by
                line.invoice_date, line.entered_at, length(line.invoice_id), line.invoice_id,
                line.line_number, length(line.invoice_line_id), line.invoice_line_id
        ) as turn
    from billed as line
),

shared_days as (
    select
        later.invoice_line_id,
        later.contract_line_id,
        later.invoice_id,
        earlier.invoice_line_id as earlier_line_id,
        earlier.invoice_id as earlier_invoice_id,
        earlier.net_amount as earlier_amount,
        earlier.currency as earlier_currency,
        greatest(later.period_from, earlier.period_from) as from_day,
        least(later.period_to, earlier.period_to) as until_day
    from ordered as later
    inner join ordered as earlier on later.contract_line_id = earlier.contract_line_id
    where
        earlier.turn < later.turn
        and earlier.period_from < later.period_to
        and earlier.period_to > later.period_from
),

-- Days that several earlier lines name are counted once.
begun as (
    select
        *,
        case
            when
                from_day <= max(until_day) over (
                    partition by invoice_line_id
                    order by from_day, until_day, earlier_line_id
                    rows between unbounded preceding and 1 preceding
                )
                then null
            else from_day
        end as stretch_from
    from shared_days
),

held as (
    select
        invoice_line_id,
        contract_line_id,
        until_day,
        max(stretch_from) over (
            partition by invoice_line_id
            order by from_day, until_day, earlier_line_id
            rows between unbounded preceding and current row
        ) as from_day
    from begun
),

stretches as (
    select
        invoice_line_id,
        contract_line_id,
        from_day,
        max(until_day) as until_day
    from held
    group by invoice_line_id, contract_line_id, from_day
),

placed as (
    select
        stretch.invoice_line_id,
        stretch.from_day,
        stretch.until_day,
        charge.currency,
        charge.period_price,
        charge.proration,
        charge.months_in_period,
        period_start(stretch.from_day, charge.months_in_period, charge.billing_day) as first_start,
        period_end(stretch.from_day, charge.months_in_period, charge.billing_day) as first_end,
        period_start(stretch.until_day, charge.months_in_period, charge.billing_day) as last_start,
        period_end(stretch.until_day, charge.months_in_period, charge.billing_day) as last_end
    from stretches as stretch
    inner join charges as charge on stretch.contract_line_id = charge.contract_line_id
),

priced as (
    select
        invoice_line_id,
        from_day,
        until_day,
        currency,
        charge_for(
            period_price, from_day, until_day, proration, months_in_period,
            first_start, first_end, last_start, last_end
        ) as exact_amount
    from placed
),

charged as (
    select
        invoice_line_id,
        from_day as stretch_from,
        currency,
        min(from_day) over (partition by invoice_line_id) as from_day,
        max(until_day) over (partition by invoice_line_id) as until_day,
        sum(days_between(from_day, until_day)) over (partition by invoice_line_id) as days,
        sum(exact_amount) over (partition by invoice_line_id) as exact_amount
    from priced
),

-- A line whose every day was billed before is over-billed by all it states; the contract's price says nothing in
-- another currency.
doubled as (
    select
        line.*,
        charged.from_day,
        charged.until_day,
        charged.days,
        row_number() over (
            order by
                line.invoice_date, line.entered_at, length(line.invoice_id), line.invoice_id,
                line.line_number, length(line.invoice_line_id), line.invoice_line_id
        ) as place,
        case
            when charged.days = days_between(line.period_from, line.period_to) then line.net_amount
            when charged.currency = line.currency then round_money(charged.exact_amount, line.currency)
        end as twice_amount
    from charged
    inner join ordered as line on charged.invoice_line_id = line.invoice_line_id
    where charged.stretch_from = charged.from_day
),

doubled_invoices as (
    select distinct
        contract_line_id,
        invoice_id
    from doubled
),

earlier as (
    select
        invoice_line_id,
        sum(earlier_amount) as amount,
        case when min(earlier_currency) = max(earlier_currency) then min(earlier_currency) end as currency,
        string_agg(earlier_line_id, ', ' order by earlier_line_id) as names
    from shared_days
    group by invoice_line_id
),

-- What has to be given back: the days' charge, or all that the earlier lines state, in their currency.
needs as (
    select
        doubled.*,
        doubled.currency as needed_currency,
        case
            when earlier.currency = doubled.currency then least(doubled.twice_amount, earlier.amount)
            else doubled.twice_amount
        end as needed_amount
    from doubled
    inner join earlier on doubled.invoice_line_id = earlier.invoice_line_id
    union all
    select
        doubled.*,
        earlier.currency as needed_currency,
        earlier.amount as needed_amount
    from doubled
    inner join earlier on doubled.invoice_line_id = earlier.invoice_line_id
    where earlier.currency <> doubled.currency
),

-- The invoices that both bill the days, but those that bill days twice themselves: a credit memo of one doubled invoice
-- gives nothing back for another.
parties as (
    select
        invoice_line_id,
        invoice_id
    from doubled
    union
    select
        shared_days.invoice_line_id,
        shared_days.earlier_invoice_id as invoice_id
    from shared_days
    left join doubled_invoices as named
        on
            shared_days.contract_line_id = named.contract_line_id
            and shared_days.earlier_invoice_id = named.invoice_id
    where named.invoice_id is null
),

-- A credit memo line without a period is for the invoice that it names; one that names no charge is for any of that
-- invoice's of its product. Several may be for some of the days each.
credits as (
    select
        needs.invoice_line_id,
        'contract_lines' as given_to,
        needs.contract_line_id as given_to_id,
        needs.currency,
        needs.needed_currency,
        needs.place,
        needs.needed_amount,
        needs.from_day as asked_from,
        needs.until_day as asked_to,
        greatest(credit.period_from, needs.from_day) as covered_from,
        least(credit.period_to, needs.until_day) as covered_to,
        credit.invoice_line_id as credit_line_id,
        credit.invoice_id as credit_id,
        -credit.net_amount as amount
    from needs
    inner join service_lines as credit
        on needs.contract_line_id = credit.contract_line_id and needs.needed_currency = credit.currency
    left join doubled_invoices as named
        on credit.contract_line_id = named.contract_line_id and credit.original_invoice_id = named.invoice_id
    left join parties as party
        on needs.invoice_line_id = party.invoice_line_id and credit.original_invoice_id = party.invoice_id
    where
        credit.kind = 'credit_memo'
        and credit.invoice_date <= $as_of
        and coalesce(credit.reason_code, '') <> 'sla_credit'
        and coalesce(named.invoice_id = needs.invoice_id, true)
        and coalesce(
            credit.period_from < needs.until_day and credit.period_to > needs.from_day,
            party.invoice_id is not null
        )
    union all
    select
        needs.invoice_line_id,
        'invoices' as given_to,
        credit.original_invoice_id as given_to_id,
        needs.currency,
        needs.needed_currency,
        needs.place,
        needs.needed_amount,
        needs.from_day as asked_from,
        needs.until_day as asked_to,
        greatest(credit.period_from, needs.from_day) as covered_from,
        least(credit.period_to, needs.until_day) as covered_to,
        credit.invoice_line_id as credit_line_id,
        credit.invoice_id as credit_id,
        -credit.net_amount as amount
    from needs
    inner join parties on needs.invoice_line_id = parties.invoice_line_id
    inner join live_lines as credit
        on parties.invoice_id = credit.original_invoice_id and needs.needed_currency = credit.currency
    where
        credit.kind = 'credit_memo'
        and credit.contract_line_id is null
        and credit.invoice_date <= $as_of
        and coalesce(credit.reason_code, '') <> 'sla_credit'
        and coalesce(credit.product_id = needs.product_id, true)
        and coalesce(credit.period_from < needs.until_day and credit.period_to > needs.from_day, true)
),

opened as (
    select
        *,
        min(place) over (partition by credit_line_id) as first_place
    from credits
),

covered as (
    select
        invoice_line_id,
        given_to,
        given_to_id,
        currency,
        needed_currency,
        place,
        min(needed_amount) as needed_amount,
        case
            when
                min(covered_from) = min(asked_from)
                and max(covered_to) = max(asked_to)
                and sum(days_between(covered_from, covered_to)) >= days_between(min(asked_from), max(asked_to))
                then least(sum(amount), min(needed_amount))
            else 0
        end as wanted_amount,
        sum(case when place = first_place then amount else 0 end) as opened_amount
    from opened
    group by invoice_line_id, given_to, given_to_id, currency, needed_currency, place
),

-- A credit for the days of several lines gives each only what the lines before it leave.
shared_out as (
    select
        invoice_line_id,
        currency,
        needed_currency,
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
        partition by given_to, given_to_id, needed_currency
        order by place
        rows between unbounded preceding and current row
    )
),

together as (
    select
        invoice_line_id,
        currency,
        needed_currency,
        min(needed_amount) as needed_amount,
        least(sum(amount), min(needed_amount)) as amount
    from shared_out
    group by invoice_line_id, currency, needed_currency
),

given_back as (
    select
        invoice_line_id,
        max(case when amount >= needed_amount then 1 end) as is_credited,
        string_agg(
            amount_text(amount, needed_currency)
            || case when needed_currency <> currency then ' ' || needed_currency else '' end,
            ' and '
            order by needed_currency
        ) as amounts
    from together
    where amount > 0
    group by invoice_line_id
),

sources as (
    select
        invoice_line_id,
        invoice_line_id as source_line_id,
        invoice_id as source_id
    from doubled
    union all
    select
        invoice_line_id,
        earlier_line_id as source_line_id,
        earlier_invoice_id as source_id
    from shared_days
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
    cast(0 as decimal(38, 4)) as expected_amount,
    line.twice_amount as billed_amount,
    cast(line.days as varchar) || ' days of ' || line.contract_line_id || ' between ' || cast(line.from_day as varchar)
    || ' and ' || cast(line.until_day as varchar) || ' are on line ' || earlier.names
    || ' too' || coalesce('; they cost ' || amount_text(line.twice_amount, line.currency), '')
    || coalesce(', ' || given_back.amounts || ' given back', '') as reason,
    case when given_back.is_credited = 1 then 'credited' end as suppressed_by,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices,
    line.contract_line_id as evidence_contract_lines
from doubled as line
inner join proof on line.invoice_line_id = proof.invoice_line_id
inner join earlier on line.invoice_line_id = earlier.invoice_line_id
left join given_back on line.invoice_line_id = given_back.invoice_line_id
