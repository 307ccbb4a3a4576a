/*---
control: OCC-02
plants: billing periods billed again, some of their days billed again, and lines that begin before the last one ends
sized: false
touches: [invoices, invoice_lines, receipts, applications, gl_lines]
---*/
-- Whole billing periods at the price of the charge.
create temp table plain as
with charges as (
    select
        charge.contract_line_id,
        charge.contract_id,
        contract.currency,
        coalesce(contract.proration, 'actual') as proration,
        coalesce(contract.billing_day, 1) as billing_day,
        case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months,
        least(charge.ends_on, contract.ends_on, contract.terminated_on) as stops_on,
        times_price(coalesce(charge.quantity, 1), charge.unit_price) as price
    from contract_lines as charge
    inner join contracts as contract on charge.contract_id = contract.contract_id
    where
        charge.charge_type = 'recurring'
        and charge.unit_price > 0
        and coalesce(charge.quantity, 1) > 0
        and (charge.pricing_model = 'per_unit' or (charge.pricing_model = 'flat' and coalesce(charge.quantity, 1) = 1))
        and coalesce(contract.billing_day, 1) < 29
        and charge.contract_line_id not in (select contract_line_id from service_pauses)
        and charge.contract_id not in (select contract_id from sla_tiers)
        and charge.contract_line_id not in (select id from taken)
        and charge.contract_id not in (select id from taken)
),

credited as (
    select distinct contract_line_id
    from service_lines
    where kind = 'credit_memo'
),

closed as (
    select distinct customer_id
    from customers
    where closed_on is not null
),

ordered as (
    select
        charge.*,
        line.invoice_line_id,
        line.invoice_id,
        line.entity_id,
        line.customer_id,
        line.kind as document_kind,
        line.invoice_date,
        line.period_from,
        line.period_to,
        line.net_amount,
        line.discount_amount,
        line.tax_rate,
        lag(line.period_to) over in_order as end_before,
        lead(line.period_from) over in_order as start_after
    from service_lines as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    left join credited on line.contract_line_id = credited.contract_line_id
    left join closed on line.customer_id = closed.customer_id
    where credited.contract_line_id is null and closed.customer_id is null
    window in_order as (partition by line.contract_line_id order by line.period_from, line.period_to)
)

select
    *,
    start_after is null as is_last
from ordered
where
    document_kind = 'invoice'
    and discount_amount = 0
    and price = round(price, 4)
    and net_amount = round_money(price, currency)
    and coalesce(end_before <= period_from, true)
    and coalesce(start_after >= period_to, true)
    and coalesce(stops_on >= period_to, true)
    and extract(day from period_from) = billing_day
    and (extract(month from period_from) - 1) % months = 0
    and period_to = add_months_to(period_from, months)
    and invoice_date <= getvariable('as_of')
    and invoice_line_id not in (select subject_id from before)
    and invoice_id not in (select id from taken)
    and customer_id not in (select id from taken);

create temp table twice as
with asked as (
    select
        *,
        case
            when is_last and months = 1 and billing_day = 1 and proration <> 'none' then 2
            else dice(invoice_line_id, 1) % 2
        end as kind,
        cast(1 + dice(invoice_line_id, 2) % 12 as integer) as days
    from plain
),

dated as (
    select
        asked.*,
        least(
            asked.invoice_date + cast(15 + dice(asked.invoice_line_id, 3) % 11 as integer), getvariable('as_of')
        ) as again_on,
        case asked.kind when 2 then asked.period_to - asked.days else asked.period_from end as again_from,
        case asked.kind
            when 0 then asked.period_to
            when 1 then asked.period_from + asked.days
            else asked.period_to + asked.days
        end as again_to,
        -- The days billed twice, and those billed once, as they count by the proration.
        case
            when asked.kind = 2 and asked.proration = 'thirty_360'
                then 31 - least(30, extract(day from asked.period_to - asked.days))
            else asked.days
        end as double_days,
        case asked.kind when 2 then asked.days else 0 end as single_days,
        case
            when asked.proration in ('thirty', 'thirty_360') then 30 * asked.months
            when asked.proration = 'period' then days_between(asked.period_from, asked.period_to)
            else asked.months * extract(day from last_day(asked.period_from))
        end as whole_days,
        case
            when asked.proration in ('thirty', 'thirty_360') then 30
            else extract(day from last_day(asked.period_to))
        end as next_days
    from asked
    left join tax_rates as rate
        on asked.invoice_date < rate.valid_from and asked.invoice_date + 25 >= rate.valid_from
    where
        rate.tax_code is null
        and (
            (
                asked.kind < 2
                and asked.invoice_date <= getvariable('as_of') - 25
                and asked.billing_day + asked.days < 29
            )
            or (asked.kind = 2 and coalesce(asked.stops_on >= asked.period_to + asked.days, true))
        )
),

charged as (
    select
        *,
        case
            when kind = 0 or (kind = 1 and proration = 'none') then net_amount
            else round_money(portion(price, double_days, whole_days), currency)
        end as double_amount,
        case
            when kind = 0 or (kind = 1 and proration = 'none') then net_amount
            else
                round_money(
                    portion(
                        price,
                        double_days * next_days + single_days * whole_days,
                        whole_days * next_days
                    ),
                    currency
                )
        end as again_net
    from dated
),

taxed as (
    select
        *,
        round_money(times_rate(again_net, coalesce(tax_rate, 0)), currency) as again_tax,
        invoice_line_id || '-OCC02' as again_id,
        row_number() over (
            partition by customer_id
            order by case kind when 2 then 0 else 1 end, dice(invoice_line_id, 4), invoice_line_id
        ) as choice
    from charged
),

ranked as (
    select
        *,
        again_net + again_tax as again_gross,
        row_number() over (partition by kind, currency order by dice(invoice_line_id, 5), invoice_line_id) as turn
    from taxed
    where choice = 1
)

select *
from ranked
order by turn, dice(invoice_line_id, 6), invoice_line_id
limit getvariable('errors');

insert into invoices by name
select
    original.* replace (
        again.again_id as invoice_id,
        'AGAIN ' || again.again_id as invoice_number,
        null as series,
        again.again_on as invoice_date,
        original.due_date + cast(days_between(original.invoice_date, again.again_on) as integer) as due_date,
        again.again_on as posted_on,
        again.again_from as period_from,
        again.again_to as period_to,
        again.again_net as net_amount,
        again.again_tax as tax_amount,
        again.again_gross as gross_amount,
        cast(again.again_on as timestamp) as created_at
    )
from invoices as original
inner join twice as again on original.invoice_id = again.invoice_id;

insert into invoice_lines by name
select
    original.* replace (
        again.again_id as invoice_line_id,
        again.again_id as invoice_id,
        1 as line_number,
        case again.kind when 0 then original.quantity else 1 end as quantity,
        case again.kind when 0 then original.unit_price else again.again_net end as unit_price,
        again.again_net as net_amount,
        again.again_tax as tax_amount,
        again.again_from as period_from,
        again.again_to as period_to
    )
from invoice_lines as original
inner join twice as again on original.invoice_line_id = again.invoice_line_id;

-- The customer pays it at once, so that it is neither overdue nor a burden on his limit.
insert into receipts by name
select
    again_id as receipt_id,
    entity_id,
    customer_id,
    again_on as received_on,
    again_on as posted_on,
    currency,
    again_gross as amount,
    again_id as reference,
    again_id as bank_reference,
    'applied' as status
from twice;

insert into applications by name
select
    again_id as application_id,
    again_id as receipt_id,
    again_id as invoice_id,
    again_on as applied_on,
    again_on as posted_on,
    again_gross as amount,
    0 as discount_amount
from twice;

insert into gl_lines by name
with accounts as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('receivable', 'revenue', 'tax', 'cash')
    group by entity_id, account_kind
),

postings as (
    select
        again.*,
        'invoice' as source_kind,
        side.account_kind,
        case side.account_kind
            when 'receivable' then again.again_gross
            when 'revenue' then -again.again_net
            else -again.again_tax
        end as amount
    from twice as again
    cross join (values ('receivable'), ('revenue'), ('tax')) as side (account_kind)
    union all
    select
        again.*,
        'receipt' as source_kind,
        side.account_kind,
        case side.account_kind when 'cash' then again.again_gross else -again.again_gross end as amount
    from twice as again
    cross join (values ('receivable'), ('cash')) as side (account_kind)
)

select
    posting.again_id || '-' || posting.source_kind || '-' || posting.account_kind as gl_line_id,
    posting.entity_id,
    accounts.account,
    posting.account_kind,
    posting.again_on as posted_on,
    posting.currency,
    posting.amount,
    posting.source_kind,
    posting.again_id as source_id,
    posting.customer_id
from postings as posting
inner join accounts on posting.entity_id = accounts.entity_id and posting.account_kind = accounts.account_kind
where posting.amount <> 0;

insert into planted by name
select
    again_id as subject_id,
    0 as expected_amount,
    double_amount as billed_amount,
    case kind
        when 0 then 'a billing period billed again'
        when 1 then 'the first days of a billing period billed again'
        else 'a line that begins before the last one ends'
    end as what
from twice;

insert into taken
select unnest([invoice_id, again_id, contract_line_id, contract_id])
from twice
