/*---
id: COM-04
title: Days of a recurring service never billed
severity: high
grain: contract_line_id/gap start
subject: contract_lines
examines: contract_lines
standing: true
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, charge_type, pricing_model, unit_price, starts_on]
  invoices: [invoice_id, kind, status, invoice_date]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, period_from, period_to]
uses:
  contracts: [ends_on, terminated_on, status, billing_frequency, billing_timing, billing_day, proration]
  contract_lines: [quantity, ends_on, billing_trigger, installed_on, accepted_on]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
  service_pauses: [contract_line_id, paused_from, paused_to]
suppressions:
  before_trigger: the service was not yet installed or accepted, as its contract asks before billing begins
  paused: the service was paused on these days
  in_grace: billed in arrears, and the billing period has not ended at the as-of date
why: >
  A service that runs and is billed for most months is believed to be billed for all.
next_step: Bill the days named, and see why the billing run left them out.
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

firsts as (
    select
        contract_line_id,
        min(coalesce(period_from, invoice_date)) as day
    from live
    group by contract_line_id
),

started as (
    select
        *,
        least(starts_on, triggered_on) as start_day,
        case
            when billing_timing = 'arrears'
                then period_end(least(starts_on, triggered_on), months_in_period, billing_day)
            else least(starts_on, triggered_on)
        end as first_due
    from charges
    where charge_type = 'recurring' and period_price is distinct from 0
),

-- Documents in arrears are for days that others were billed for before the data begins. Where most services that were
-- first due between the oldest day billed and the first document seem to be billed late, the data begins with it.
early as (
    select
        count(*) as services,
        count(case when firsts.day > started.start_day then firsts.contract_line_id end) as late_services
    from started
    inner join firsts on started.contract_line_id = firsts.contract_line_id
    cross join edges
    where started.start_day >= edges.oldest_day and started.first_due < edges.first_document
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

-- A service older than that is looked at from its own first billed day on, without one from the first billing period
-- that begins in the data.
begun as (
    select
        charge.*,
        case
            when charge.start_day < oldest.day or charge.first_due < oldest.due_from
                then coalesce(firsts.day, period_end(oldest.due_from - 1, charge.months_in_period, charge.billing_day))
            else charge.start_day
        end as from_day,
        case
            when charge.billing_timing = 'arrears'
                then period_start($as_of, charge.months_in_period, charge.billing_day)
        end as due_until
    from started as charge
    cross join oldest
    left join firsts on charge.contract_line_id = firsts.contract_line_id
),

services as (
    select
        *,
        greatest(from_day, least(stops_on, $as_of)) as until_day
    from begun
),

-- A line that does not say which days it is for is taken to be for the billing period of its document's date, in
-- arrears for the one before.
named as (
    select
        service.contract_line_id,
        service.months_in_period,
        service.billing_day,
        service.from_day as service_from,
        service.until_day as service_until,
        line.period_from,
        line.period_to,
        case
            when service.billing_timing = 'arrears' then add_months_to(line.invoice_date, -service.months_in_period)
            else line.invoice_date
        end as named_day
    from live as line
    inner join services as service on line.contract_line_id = service.contract_line_id
),

periods as (
    select
        contract_line_id,
        service_from,
        service_until,
        coalesce(period_from, period_start(named_day, months_in_period, billing_day)) as period_from,
        coalesce(
            period_to, period_end(coalesce(period_from, named_day), months_in_period, billing_day)
        ) as period_to
    from named
),

-- Both ends are brought inside the service, so that what lies outside it has no days.
billed as (
    select
        contract_line_id,
        greatest(service_from, least(service_until, period_from)) as from_day,
        greatest(service_from, least(service_until, greatest(period_from, period_to))) as until_day
    from periods
),

paused as (
    select
        service.contract_line_id,
        greatest(service.from_day, least(service.until_day, pause.paused_from)) as from_day,
        greatest(service.from_day, least(service.until_day, pause.paused_to)) as until_day
    from service_pauses as pause
    inner join services as service on pause.contract_line_id = service.contract_line_id
),

marks as (
    select
        contract_line_id,
        from_day as day
    from services
    union all
    select
        contract_line_id,
        until_day as day
    from services
    union all
    select
        contract_line_id,
        greatest(from_day, least(until_day, triggered_on)) as day
    from services
    union all
    select
        contract_line_id,
        greatest(from_day, least(until_day, due_until)) as day
    from services
),

-- Days on which something begins or ends; between two of them nothing changes.
turns as (
    select
        contract_line_id,
        from_day as day,
        1 as billed,
        0 as paused
    from billed
    union all
    select
        contract_line_id,
        until_day as day,
        -1 as billed,
        0 as paused
    from billed
    union all
    select
        contract_line_id,
        from_day as day,
        0 as billed,
        1 as paused
    from paused
    union all
    select
        contract_line_id,
        until_day as day,
        0 as billed,
        -1 as paused
    from paused
    union all
    select
        contract_line_id,
        day,
        0 as billed,
        0 as paused
    from marks
),

days as (
    select
        contract_line_id,
        day,
        sum(billed) as billed,
        sum(paused) as paused
    from turns
    group by contract_line_id, day
),

spans as (
    select
        contract_line_id,
        day as from_day,
        lead(day) over (partition by contract_line_id order by day) as until_day,
        sum(billed) over (
            partition by contract_line_id
            order by day
            rows between unbounded preceding and current row
        ) as billed,
        sum(paused) over (
            partition by contract_line_id
            order by day
            rows between unbounded preceding and current row
        ) as paused
    from days
),

unbilled as (
    select
        span.contract_line_id,
        span.from_day,
        span.until_day,
        case
            when span.from_day < coalesce(service.triggered_on, service.until_day) then 'before_trigger'
            when span.paused > 0 then 'paused'
            when span.from_day >= service.due_until then 'in_grace'
            else ''
        end as state
    from spans as span
    inner join services as service on span.contract_line_id = service.contract_line_id
    where span.billed = 0 and span.until_day is not null
),

joined as (
    select
        *,
        case
            when
                lag(until_day) over (partition by contract_line_id order by from_day) = from_day
                and lag(state) over (partition by contract_line_id order by from_day) = state
                then null
            else from_day
        end as gap_from
    from unbilled
),

held as (
    select
        contract_line_id,
        state,
        until_day,
        max(gap_from) over (
            partition by contract_line_id
            order by from_day
            rows between unbounded preceding and current row
        ) as gap_from
    from joined
),

gaps as (
    select
        contract_line_id,
        gap_from,
        nullif(min(state), '') as state,
        max(until_day) as gap_to
    from held
    group by contract_line_id, gap_from
),

placed as (
    select
        gap.gap_from,
        gap.gap_to,
        gap.state,
        service.*,
        period_start(gap.gap_from, service.months_in_period, service.billing_day) as first_start,
        period_end(gap.gap_from, service.months_in_period, service.billing_day) as first_end,
        period_start(gap.gap_to, service.months_in_period, service.billing_day) as last_start,
        period_end(gap.gap_to, service.months_in_period, service.billing_day) as last_end
    from gaps as gap
    inner join services as service on gap.contract_line_id = service.contract_line_id
),

priced as (
    select
        *,
        charge_for(
            period_price, gap_from, gap_to, proration, months_in_period,
            first_start, first_end, last_start, last_end
        ) as exact_amount
    from placed
),

charged as (
    select
        *,
        round_money(exact_amount, currency) as owed_amount
    from priced
),

neighbours as (
    select
        gap.contract_line_id,
        gap.gap_from,
        list(line.invoice_line_id) as invoice_line_ids
    from gaps as gap
    inner join live as line on gap.contract_line_id = line.contract_line_id
    where line.period_from = gap.gap_to or line.period_to = gap.gap_from
    group by gap.contract_line_id, gap.gap_from
),

stopped as (
    select
        gap.contract_line_id,
        gap.gap_from,
        list(pause.contract_line_id || '/' || cast(pause.paused_from as varchar)) as service_pause_keys
    from gaps as gap
    inner join service_pauses as pause on gap.contract_line_id = pause.contract_line_id
    where pause.paused_from < gap.gap_to and coalesce(pause.paused_to > gap.gap_from, true)
    group by gap.contract_line_id, gap.gap_from
)

select
    charge.contract_line_id || '/' || cast(charge.gap_from as varchar) as subject_id,
    charge.entity_id,
    charge.customer_id,
    charge.gap_from as event_date,
    charge.currency,
    charge.owed_amount as expected_amount,
    cast(0 as decimal(38, 4)) as billed_amount,
    cast(days_between(charge.gap_from, charge.gap_to) as varchar) || ' days from '
    || cast(charge.gap_from as varchar) || ' to ' || cast(charge.gap_to as varchar) || ' are on no live line'
    || coalesce(
        '; at ' || number_text(charge.period_price) || ' for '
        || case charge.months_in_period when 1 then 'a month' when 3 then 'a quarter' else 'a year' end
        || ' they cost ' || amount_text(charge.owed_amount, charge.currency) || ' (' || charge.proration || ')',
        '; the contract line has no price'
    ) as reason,
    charge.state as suppressed_by,
    charge.contract_line_id as evidence_contract_lines,
    charge.contract_id as evidence_contracts,
    neighbours.invoice_line_ids as evidence_invoice_lines,
    stopped.service_pause_keys as evidence_service_pauses
from charged as charge
left join neighbours
    on charge.contract_line_id = neighbours.contract_line_id and charge.gap_from = neighbours.gap_from
left join stopped
    on charge.contract_line_id = stopped.contract_line_id and charge.gap_from = stopped.gap_from
