/*---
id: ACC-03
title: Price differs from the agreement
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: billed_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, product_id, quantity, unit_price, net_amount]
either: [contract_lines, price_list]
uses:
  invoices: [period_from, period_to]
  invoice_lines: [contract_line_id, order_line_id, delivery_line_id, discount_amount, period_from, period_to]
  customers: [customer_id, segment]
  order_lines: [order_line_id, quantity]
  delivery_lines: [delivery_line_id, order_line_id]
  contracts: [contract_id, currency, billing_frequency, billing_day, minimum_commitment, terminated_on]
  contract_lines:
    [contract_line_id, contract_id, product_id, charge_type, pricing_model, unit_price, included_quantity, starts_on,
     ends_on]
  service_pauses: [contract_line_id, paused_from, paused_to]
  usage: [contract_line_id, used_from, quantity, is_billable]
  price_list: [price_id, product_id, customer_id, segment, currency, min_quantity, unit_price, valid_from, valid_to]
  price_approvals: [price_approval_id, customer_id, product_id, order_line_id, unit_price, approved_on, status]
suppressions:
  approved: an approved exception at exactly this price was in force and signed by the invoice date
why: >
  A price is changed in the contract or the list and reaches billing late, or never.
next_step: Compare the day the price was agreed with the day it was loaded into billing.
---*/
-- The order lines of what names its delivery line alone.
with delivered as (
    select
        item.delivery_line_id,
        min(item.order_line_id) as order_line_id
    from billed_lines as line
    inner join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.order_line_id is null
    group by item.delivery_line_id
),

-- A line that takes something back reaches the quantities of what it takes back. The days of a contract's charge are
-- the line's own, else the document's.
billed as (
    select
        line.*,
        coalesce(
            line.period_from,
            case when line.contract_line_id is not null then line.document_from end,
            line.invoice_date
        ) as priced_on,
        coalesce(line.period_from, line.document_from) as service_from,
        coalesce(line.period_to, line.document_to) as service_to,
        coalesce(line.order_line_id, delivered.order_line_id) as ordered_line_id,
        abs(coalesce(ordered.quantity, line.quantity)) as ordered_quantity
    from billed_lines as line
    left join delivered on line.delivery_line_id = delivered.delivery_line_id
    left join order_lines as ordered on coalesce(line.order_line_id, delivered.order_line_id) = ordered.order_line_id
    where line.invoice_date <= $as_of
),

others as (
    select
        own.contract_line_id,
        other.contract_line_id as other_id,
        other.starts_on,
        other.ends_on
    from contract_lines as own
    inner join contract_lines as other
        on
            own.contract_id = other.contract_id
            and own.product_id = other.product_id
            and own.charge_type = other.charge_type
            and coalesce(own.service_id, '') = coalesce(other.service_id, '')
    where
        own.charge_type <> 'one_time'
        and (own.ends_on <= other.starts_on or own.starts_on >= other.ends_on)
),

changes as (
    select
        contract_line_id,
        starts_on as day
    from others
    union
    select
        contract_line_id,
        ends_on as day
    from others
),

spans as (
    select
        contract_line_id,
        day as from_day,
        lead(day) over (partition by contract_line_id order by day) as to_day
    from changes
),

-- A line that names a charge not in force on its day has the price of the one charge that then stood in its place.
replaced as (
    select
        spans.contract_line_id,
        spans.from_day,
        spans.to_day,
        min(others.other_id) as charge_id
    from spans
    inner join others
        on
            spans.contract_line_id = others.contract_line_id
            and spans.from_day >= others.starts_on
            and (others.ends_on is null or spans.from_day < others.ends_on)
    group by spans.contract_line_id, spans.from_day, spans.to_day
    having count(*) = 1
),

contract_charges as (
    select
        charge.*,
        contract.currency,
        contract.minimum_commitment,
        greatest(1, coalesce(contract.billing_day, 1)) as billing_day,
        case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months_in_period,
        case charge.charge_type
            when 'recurring'
                then
                    case charge.billing_trigger
                        when 'installed' then coalesce(charge.installed_on, charge.starts_on)
                        when 'accepted' then coalesce(charge.accepted_on, charge.starts_on)
                        else charge.starts_on
                    end
        end as active_from,
        case charge.charge_type when 'recurring' then least(charge.ends_on, contract.terminated_on) end as active_to
    from contract_lines as charge
    left join contracts as contract on charge.contract_id = contract.contract_id
),

-- Tiered and package prices are ACC-04's, another currency than the contract's is ACC-07's.
charged as (
    select
        line.*,
        charge.contract_line_id as charge_id,
        charge.charge_type,
        charge.quantity as charge_quantity,
        charge.unit_price as charge_price,
        charge.minimum_commitment,
        charge.included_quantity,
        charge.active_from,
        charge.active_to,
        coalesce(line.product_id, charge.product_id) as priced_product_id,
        case
            when
                line.service_from is null
                or line.service_to is null
                or coalesce(charge.charge_type, '') <> 'recurring'
                then 1
            when
                extract(day from line.service_from)
                = least(charge.billing_day, extract(day from last_day(line.service_from)))
                and extract(day from line.service_to)
                = least(charge.billing_day, extract(day from last_day(line.service_to)))
                and (month_number(line.service_to) - month_number(line.service_from)) % charge.months_in_period = 0
                then (month_number(line.service_to) - month_number(line.service_from)) // charge.months_in_period
            else 0
        end as periods
    from billed as line
    left join replaced
        on
            line.contract_line_id = replaced.contract_line_id
            and line.priced_on >= replaced.from_day
            and (replaced.to_day is null or line.priced_on < replaced.to_day)
    left join contract_charges as charge
        on coalesce(replaced.charge_id, line.contract_line_id) = charge.contract_line_id
    where
        coalesce(charge.pricing_model, 'flat') in ('flat', 'per_unit')
        and coalesce(charge.currency, line.currency) = line.currency
),

-- Two records of one customer in two segments settle nothing.
segments as (
    select
        customer_id,
        min(segment) as segment
    from customers
    group by customer_id
    having min(segment) = max(segment)
),

listed as (
    select
        line.*,
        customer.segment,
        case when line.charge_price is null then line.priced_product_id end as listed_product_id
    from charged as line
    left join segments as customer on line.customer_id = customer.customer_id
),

priced as (
    select
        line.*,
        case when line.charge_price is not null then line.charge_id end as agreed_by_contract_line,
        coalesce(own.price_id, shared.price_id, general.price_id) as agreed_by_price,
        coalesce(line.charge_price, own.unit_price, shared.unit_price, general.unit_price) as price
    from listed as line
    left join prices_in_force as own
        on
            line.listed_product_id = own.product_id
            and line.currency = own.currency
            and line.customer_id = own.customer_id
            and line.priced_on >= own.in_force_from
            and (own.in_force_to is null or line.priced_on < own.in_force_to)
            and line.ordered_quantity >= own.from_quantity
            and (own.to_quantity is null or line.ordered_quantity < own.to_quantity)
    left join prices_in_force as shared
        on
            line.listed_product_id = shared.product_id
            and line.currency = shared.currency
            and line.segment = shared.segment
            and line.priced_on >= shared.in_force_from
            and (shared.in_force_to is null or line.priced_on < shared.in_force_to)
            and line.ordered_quantity >= shared.from_quantity
            and (shared.to_quantity is null or line.ordered_quantity < shared.to_quantity)
    left join prices_in_force as general
        on
            line.listed_product_id = general.product_id
            and line.currency = general.currency
            and general.customer_id is null
            and general.segment is null
            and line.priced_on >= general.in_force_from
            and (general.in_force_to is null or line.priced_on < general.in_force_to)
            and line.ordered_quantity >= general.from_quantity
            and (general.to_quantity is null or line.ordered_quantity < general.to_quantity)
),

-- A line of several billing periods carries their number in its quantity or in its price.
agreed as (
    select
        *,
        case
            when abs(quantity) = periods * coalesce(charge_quantity, 1) then price
            else periods * price
        end as agreed_price,
        row_number() over (partition by invoice_line_id order by agreed_by_contract_line, agreed_by_price) as turn
    from priced
    where price <> unit_price
),

-- Part periods are prorated (ACC-05), usage below the minimum commitment is topped up (ACC-04). Whole periods of a
-- recurring charge may stand in one price, or in months: there the amount counts.
off_price as (
    select *
    from agreed
    where
        turn = 1
        and periods > 0
        and agreed_price <> unit_price
        and coalesce(service_from >= active_from, true)
        and coalesce(service_to <= active_to, true)
        and not coalesce(
            charge_type = 'usage'
            and (net_amount = minimum_commitment or times_price(quantity, price) < minimum_commitment),
            false
        )
        and not coalesce(
            charge_type = 'recurring'
            and net_amount + coalesce(discount_amount, 0)
            = round_money(times_price(periods * coalesce(charge_quantity, 1), price), currency),
            false
        )
),

paused as (
    select distinct line.invoice_line_id
    from off_price as line
    inner join service_pauses as pause on line.charge_id = pause.contract_line_id
    where
        line.charge_type = 'recurring'
        and pause.paused_from < line.service_to
        and (pause.paused_to is null or pause.paused_to > line.service_from)
),

-- One piece at the price of all that was used is an amount, no unit price: ACC-04 compares it.
lumps as (
    select line.invoice_line_id
    from off_price as line
    inner join usage as metered
        on
            line.charge_id = metered.contract_line_id
            and line.service_from <= metered.used_from
            and line.service_to > metered.used_from
    where line.charge_type = 'usage' and line.quantity = 1 and coalesce(metered.is_billable, true)
    group by line.invoice_line_id, line.included_quantity
    having sum(metered.quantity) - coalesce(line.included_quantity, 0) not in (0, 1)
),

approved as (
    select
        line.invoice_line_id,
        list(exception.price_approval_id) as price_approval_ids
    from off_price as line
    inner join price_approvals as exception
        on
            line.customer_id = exception.customer_id
            and line.priced_product_id = exception.product_id
            and line.unit_price = exception.unit_price
    where
        exception.status = 'approved'
        and exception.approved_on <= line.invoice_date
        and (exception.order_line_id is null or exception.order_line_id = line.ordered_line_id)
        and (exception.valid_from is null or exception.valid_from <= line.priced_on)
        and (exception.valid_to is null or exception.valid_to > line.priced_on)
    group by line.invoice_line_id
)

select
    line.invoice_line_id as subject_id,
    line.entity_id,
    line.customer_id,
    line.invoice_date as event_date,
    line.currency,
    round_money(
        times_price(line.quantity, line.agreed_price) - coalesce(line.discount_amount, 0), line.currency
    ) as expected_amount,
    line.net_amount as billed_amount,
    number_text(line.quantity) || ' billed at ' || number_text(line.unit_price) || ', agreed '
    || number_text(line.agreed_price)
    || coalesce(' by contract line ' || line.agreed_by_contract_line, ' by price ' || line.agreed_by_price)
    || ' on ' || cast(line.priced_on as varchar) as reason,
    case when approved.invoice_line_id is not null then 'approved' end as suppressed_by,
    line.invoice_line_id as evidence_invoice_lines,
    line.invoice_id as evidence_invoices,
    line.agreed_by_contract_line as evidence_contract_lines,
    line.agreed_by_price as evidence_price_list,
    line.ordered_line_id as evidence_order_lines,
    approved.price_approval_ids as evidence_price_approvals
from off_price as line
left join approved on line.invoice_line_id = approved.invoice_line_id
left join paused on line.invoice_line_id = paused.invoice_line_id
left join lumps on line.invoice_line_id = lumps.invoice_line_id
where paused.invoice_line_id is null and lumps.invoice_line_id is null
