/*---
control: COM-04
plants: billing periods whose invoice was cancelled and never issued again, and services that went on unbilled
sized: false
touches: [invoices, applications, receipts, gl_lines, revenue, contract_lines, contracts]
---*/
-- Charges that one price says everything about.
create temp table plain as
with several as (
    select
        contract_id,
        count(*) - count(ends_on) as without_end
    from contract_lines
    group by contract_id
)

select
    charge.contract_line_id,
    charge.contract_id,
    charge.ends_on,
    contract.ends_on as contract_ends_on,
    several.without_end,
    contract.customer_id,
    contract.currency,
    coalesce(contract.proration, 'actual') as proration,
    coalesce(contract.billing_timing, 'advance') as billing_timing,
    greatest(1, coalesce(contract.billing_day, 1)) as billing_day,
    case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months,
    times_price(coalesce(charge.quantity, 1), charge.unit_price) as price
from contract_lines as charge
inner join contracts as contract on charge.contract_id = contract.contract_id
inner join several on charge.contract_id = several.contract_id
where
    charge.charge_type = 'recurring'
    and charge.unit_price > 0
    and times_price(coalesce(charge.quantity, 1), charge.unit_price)
    = round(times_price(coalesce(charge.quantity, 1), charge.unit_price), 4)
    and coalesce(charge.quantity, 1) > 0
    and (charge.pricing_model = 'per_unit' or (charge.pricing_model = 'flat' and coalesce(charge.quantity, 1) = 1))
    and coalesce(contract.billing_day, 1) < 29
    and contract.terminated_on is null
    and charge.contract_line_id not in (select contract_line_id from service_pauses)
    and charge.contract_id not in (select contract_id from sla_tiers)
    and charge.contract_line_id not in (select id from taken)
    and charge.contract_id not in (select id from taken)
    and contract.customer_id not in (select id from taken);

-- What was billed of them, in the order of the days.
create temp table billed as
with ordered as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.kind as document_kind,
        line.period_from,
        line.period_to,
        line.net_amount,
        line.discount_amount,
        charge.*,
        lag(line.period_to) over in_order as end_before,
        lead(line.period_from) over in_order as start_after,
        lead(line.period_to) over in_order as end_after,
        max(line.period_to) over (partition by line.contract_line_id) as last_day,
        count(*) over (partition by line.contract_line_id, line.period_to) as bills,
        count(case when line.kind = 'credit_memo' then 1 end) over (partition by line.contract_line_id) as credits
    from service_lines as line
    inner join plain as charge on line.contract_line_id = charge.contract_line_id
    where line.period_from < line.period_to
    window in_order as (partition by line.contract_line_id order by line.period_from, line.period_to)
),

-- A billing period from the 15th on is a calendar one that comes 14 days later.
placed as (
    select
        *,
        period_from - cast(billing_day - 1 as integer) as calendar_day
    from ordered
    where credits = 0
),

begun as (
    select
        *,
        make_date(
            extract(year from calendar_day), (extract(month from calendar_day) - 1) // months * months + 1, 1
        ) as calendar_start
    from placed
)

select
    *,
    calendar_start + cast(billing_day - 1 as integer) as period_start,
    add_months_to(calendar_start, months) + cast(billing_day - 1 as integer) as period_end
from begun;

create temp table lonely as
with single as (
    select invoice_id
    from invoice_lines
    group by invoice_id
    having count(*) = 1
),

receipts_of as (
    select
        application.invoice_id,
        application.receipt_id
    from applications as application
    inner join billed on application.invoice_id = billed.invoice_id
),

shared as (
    select receipts_of.invoice_id
    from receipts_of
    inner join applications as other
        on receipts_of.receipt_id = other.receipt_id and receipts_of.invoice_id <> other.invoice_id
    union
    select invoice_id
    from receipts_of
    where receipt_id is null or receipt_id in (select id from taken)
    union
    select invoice_id from adjustments
    union
    select invoice_id from promises
    union
    select invoice_id from cases
    union
    select original_invoice_id from invoices
)

select single.invoice_id
from single
left join shared on single.invoice_id = shared.invoice_id
where shared.invoice_id is null;

-- Either a period between two others that are billed, or the days after the end up to the end of the month at most.
create temp table gaps as
with whole as (
    select
        billed.*,
        0 as kind,
        billed.period_from as gap_from,
        billed.period_to as gap_to
    from billed
    inner join lonely on billed.invoice_id = lonely.invoice_id
    left join customers as customer on billed.customer_id = customer.customer_id
    where
        billed.document_kind = 'invoice'
        and billed.discount_amount = 0
        and billed.end_before = billed.period_from
        and billed.start_after = billed.period_to
        and billed.end_after <= getvariable('as_of')
        and billed.period_from = billed.period_start
        and billed.period_to = billed.period_end
        and billed.net_amount = round_money(billed.price, billed.currency)
        and billed.invoice_id not in (select id from taken)
        and coalesce(customer.status, 'active') <> 'suspended'
),

extended as (
    select
        billed.*,
        1 as kind,
        billed.ends_on as gap_from,
        least(
            billed.ends_on + cast(1 + dice(billed.contract_line_id, 1) % 12 as integer),
            billed.period_end,
            last_day(billed.ends_on) + 1,
            getvariable('as_of')
        ) as gap_to
    from billed
    where
        billed.period_to = billed.ends_on
        and billed.period_to < billed.period_end
        and billed.period_to = billed.last_day
        and billed.bills = 1
        and billed.without_end = 0
        and coalesce(billed.contract_ends_on = billed.ends_on, true)
        and extract(day from billed.ends_on) < 29
        and billed.ends_on < getvariable('as_of')
        and (
            billed.billing_timing = 'advance'
            or billed.period_end <= getvariable('as_of')
        )
        and billed.proration <> 'none'
),

ranked as (
    select
        *,
        contract_line_id || '/' || gap_from as subject_id,
        row_number() over (
            partition by kind, currency
            order by dice(invoice_line_id, 2), invoice_line_id
        ) as turn,
        row_number() over (partition by contract_id order by dice(invoice_line_id, 3), invoice_line_id) as choice
    from (
        select * from whole
        union all
        select * from extended
    ) as every
    where contract_line_id || '/' || gap_from not in (select subject_id from before)
)

select
    *,
    days_between(gap_from, gap_to) as days
from ranked
where choice = 1
order by turn, dice(invoice_line_id, 4), invoice_line_id
limit getvariable('errors');

-- The invoice was cancelled, so nobody paid it and nothing of it was earned.
create temp table undone as
select gaps.invoice_id as id
from gaps
where gaps.kind = 0
union
select unnest([application.application_id, application.receipt_id])
from applications as application
inner join gaps on application.invoice_id = gaps.invoice_id
where gaps.kind = 0;

update invoices set status = 'cancelled'
where invoice_id in (select id from undone);

delete from gl_lines
where source_id in (select id from undone);

delete from receipts
where receipt_id in (select id from undone);

delete from applications
where application_id in (select id from undone);

delete from revenue
using gaps
where revenue.invoice_line_id = gaps.invoice_line_id and gaps.kind = 0;

update contract_lines set ends_on = gaps.gap_to
from gaps
where contract_lines.contract_line_id = gaps.contract_line_id and gaps.kind = 1;

update contracts set ends_on = gaps.gap_to
from gaps
where contracts.contract_id = gaps.contract_id and contracts.ends_on < gaps.gap_to and gaps.kind = 1;

insert into planted by name
select
    subject_id,
    case
        when kind = 0 then round_money(price, currency)
        else
            round_money(
                portion(
                    price,
                    case
                        when proration <> 'thirty_360' then days
                        when extract(day from gap_to) = 1 then 31 - extract(day from gap_from)
                        else least(30, extract(day from gap_to)) - extract(day from gap_from)
                    end,
                    case proration
                        when 'actual' then months * extract(day from last_day(gap_from))
                        when 'period' then days_between(period_start, period_end)
                        else months * 30
                    end
                ),
                currency
            )
    end as expected_amount,
    0 as billed_amount,
    case kind
        when 0 then 'the invoice of a billing period cancelled and not issued again'
        else 'the service went on for some days that nobody billed'
    end as what
from gaps;

insert into taken
select unnest([contract_line_id, contract_id, invoice_id])
from gaps
union
select id from undone
