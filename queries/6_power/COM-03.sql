/*---
control: COM-03
plants: months of use whose invoice was cancelled and never issued again, and months of use of a line that nobody bills
sized: false
touches: [invoices, applications, receipts, gl_lines, revenue, contract_lines, price_tiers, usage]
---*/
-- Lines that bill one calendar month of use each, alone on their document.
create temp table months_billed as
with lone as (
    select
        invoice_id,
        min(invoice_line_id) as invoice_line_id
    from invoice_lines
    group by invoice_id
    having count(*) = 1
)

select
    line.invoice_line_id,
    line.invoice_id,
    line.contract_line_id,
    line.period_from,
    line.period_to,
    line.net_amount,
    line.currency,
    line.customer_id,
    charge.contract_id,
    charge.pricing_model,
    charge.unit_price,
    charge.package_size,
    coalesce(charge.included_quantity, 0) as included_quantity,
    coalesce(contract.minimum_commitment, 0) as minimum_commitment
from lone
inner join service_lines as line on lone.invoice_line_id = line.invoice_line_id
inner join contract_lines as charge on line.contract_line_id = charge.contract_line_id
inner join contracts as contract on charge.contract_id = contract.contract_id
where
    line.kind = 'invoice'
    and charge.charge_type = 'usage'
    and coalesce(contract.billing_frequency, 'month') = 'month'
    and line.discount_amount = 0
    and line.period_from = date_trunc('month', line.period_from)
    and line.period_to = line.period_from + interval 1 month
    and line.period_to <= getvariable('as_of') - 35
    and line.invoice_date <= getvariable('as_of')
    and line.invoice_id not in (select id from taken)
    and line.contract_line_id not in (select id from taken)
    and charge.contract_id not in (select id from taken)
    and line.customer_id not in (select id from taken);

create temp table rated as
with used as (
    select
        billed.invoice_line_id,
        sum(case when coalesce(metered.is_billable, true) then metered.quantity else 0 end) as quantity
    from months_billed as billed
    inner join usage as metered
        on
            billed.contract_line_id = metered.contract_line_id
            and billed.period_from <= metered.used_from
            and billed.period_to > metered.used_from
    group by billed.invoice_line_id
),

counted as (
    select
        billed.*,
        used.quantity - billed.included_quantity as quantity
    from months_billed as billed
    inner join used on billed.invoice_line_id = used.invoice_line_id
    where used.quantity > billed.included_quantity
),

tiered as (
    select
        counted.invoice_line_id,
        sum(
            case
                when counted.pricing_model = 'graduated'
                    then
                        times_price(
                            least(counted.quantity, coalesce(tier.to_quantity, counted.quantity)) - tier.from_quantity,
                            tier.unit_price
                        ) + coalesce(tier.flat_fee, 0)
                when tier.to_quantity is null or counted.quantity < tier.to_quantity
                    then times_price(counted.quantity, tier.unit_price) + coalesce(tier.flat_fee, 0)
                else 0
            end
        ) as amount
    from counted
    inner join price_tiers as tier
        on counted.contract_line_id = tier.contract_line_id and counted.quantity >= tier.from_quantity
    where counted.pricing_model in ('graduated', 'volume')
    group by counted.invoice_line_id
),

priced as (
    select
        counted.*,
        case counted.pricing_model
            when 'per_unit' then times_price(counted.quantity, counted.unit_price)
            when 'package' then times_price(packages(counted.quantity, counted.package_size), counted.unit_price)
            else tiered.amount
        end as amount
    from counted
    left join tiered on counted.invoice_line_id = tiered.invoice_line_id
)

select
    *,
    contract_line_id || '/' || strftime(period_from, '%Y-%m') as month_id
from priced
where
    round_money(greatest(amount, minimum_commitment), currency) = net_amount
    and net_amount > 0;

-- Documents that nothing but their own payments hangs on, and no document but this one hangs on those.
create temp table lonely as
with receipts_of as (
    select
        invoice_id,
        receipt_id
    from applications
    where invoice_id in (select invoice_id from rated)
),

shared as (
    select receipts_of.invoice_id
    from receipts_of
    inner join applications as other
        on receipts_of.receipt_id = other.receipt_id and receipts_of.invoice_id <> other.invoice_id
    union all
    select invoice_id
    from receipts_of
    where receipt_id is null or receipt_id in (select id from taken)
    union all
    select invoice_id from adjustments
    union all
    select invoice_id from promises
    union all
    select invoice_id from cases
    union all
    select original_invoice_id from invoices
)

select rated.*
from rated
left join customers as customer on rated.customer_id = customer.customer_id
left join shared on rated.invoice_id = shared.invoice_id
where shared.invoice_id is null and coalesce(customer.status, 'active') <> 'suspended';

-- A line's first and last month stay, so that the service keeps its beginning.
create temp table unbilled as
with placed as (
    select
        lonely.*,
        min(line.period_from) over (partition by line.contract_line_id) < line.period_from
        and max(line.period_to) over (partition by line.contract_line_id) > line.period_to as is_between,
        count(*) over (partition by line.contract_line_id, line.period_from) as bills
    from service_lines as line
    left join lonely on line.invoice_line_id = lonely.invoice_line_id
    where line.kind <> 'credit_memo'
),

parted as (
    select
        *,
        case when is_between and bills = 1 and dice(invoice_line_id, 1) % 3 > 0 then 0 else 1 end as kind
    from placed
    where invoice_line_id is not null and month_id not in (select subject_id from before)
),

ranked as (
    select
        *,
        row_number() over (
            partition by kind, pricing_model, currency
            order by dice(invoice_line_id, 2), invoice_line_id
        ) as turn,
        row_number() over (partition by contract_line_id order by dice(invoice_line_id, 3), invoice_line_id) as choice
    from parted
)

select
    *,
    case kind when 0 then contract_line_id else contract_line_id || '-COM03' end as charge_id
from ranked
where choice = 1
order by turn, dice(invoice_line_id, 4), invoice_line_id
limit getvariable('errors');

-- The invoice was cancelled, so nobody paid it and nothing of it was earned.
create temp table undone as
select unbilled.invoice_id as id
from unbilled
where unbilled.kind = 0
union
select unnest([application.application_id, application.receipt_id])
from applications as application
inner join unbilled on application.invoice_id = unbilled.invoice_id
where unbilled.kind = 0;

update invoices set status = 'cancelled'
where invoice_id in (select id from undone);

delete from gl_lines
where source_id in (select id from undone);

delete from receipts
where receipt_id in (select id from undone);

delete from applications
where application_id in (select id from undone);

delete from revenue
using unbilled
where revenue.invoice_line_id = unbilled.invoice_line_id and unbilled.kind = 0;

-- The same use again under a charge of its own, which billing does not know.
insert into contract_lines by name
select original.* replace (unbilled.charge_id as contract_line_id, original.service_id || '-COM03' as service_id)
from contract_lines as original
inner join unbilled on original.contract_line_id = unbilled.contract_line_id
where unbilled.kind = 1;

insert into price_tiers by name
select original.* replace (unbilled.charge_id as contract_line_id)
from price_tiers as original
inner join unbilled on original.contract_line_id = unbilled.contract_line_id
where unbilled.kind = 1;

insert into usage by name
select original.* replace (original.usage_id || '-COM03' as usage_id, unbilled.charge_id as contract_line_id)
from usage as original
inner join unbilled
    on
        original.contract_line_id = unbilled.contract_line_id
        and original.used_from >= unbilled.period_from
        and original.used_from < unbilled.period_to
where unbilled.kind = 1;

insert into planted by name
select
    charge_id || '/' || strftime(period_from, '%Y-%m') as subject_id,
    net_amount as expected_amount,
    0 as billed_amount,
    case kind
        when 0 then 'the invoice of a month cancelled and not issued again'
        else 'use under a charge that is never billed'
    end as what
from unbilled;

insert into taken
select unnest([charge_id, contract_line_id, contract_id, invoice_id])
from unbilled
union
select id from undone
