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
uses:
  invoice_lines: [contract_line_id, order_line_id, discount_amount, period_from, period_to]
  customers: [customer_id, segment]
  order_lines: [order_line_id, quantity]
  contracts: [contract_id, currency, billing_frequency, minimum_commitment, terminated_on]
  contract_lines: [contract_line_id, contract_id, product_id, charge_type, pricing_model, unit_price, starts_on, ends_on]
  service_pauses: [contract_line_id, paused_from, paused_to]
  price_list: [price_id, product_id, customer_id, segment, currency, min_quantity, unit_price, valid_from, valid_to]
  price_approvals: [price_approval_id, customer_id, product_id, order_line_id, unit_price, approved_on, status]
suppressions:
  approved: an approved exception at exactly this price was in force and signed by the invoice date
why: >
  A price is changed in the contract or the list and reaches billing late, or never.
next_step: Compare the day the price was agreed with the day it was loaded into billing.
---*/
with charges as (
    select
        charge.*,
        contract.currency,
        contract.minimum_commitment,
        case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months_in_period,
        case charge.billing_trigger
            when 'installed' then coalesce(charge.installed_on, charge.starts_on)
            when 'accepted' then coalesce(charge.accepted_on, charge.starts_on)
            else charge.starts_on
        end as active_from,
        least(
            coalesce(charge.ends_on, date '9999-12-31'), coalesce(contract.terminated_on, date '9999-12-31')
        ) as active_to
    from contract_lines as charge
    left join contracts as contract on charge.contract_id = contract.contract_id
),

billed as (
    select
        *,
        coalesce(period_from, invoice_date) as priced_on
    from billed_lines
    where invoice_date <= $as_of
),

-- A line that names a charge no longer in force has the price of the charge that took its place.
succeeded as (
    select
        line.invoice_line_id,
        min(later.contract_line_id) as contract_line_id,
        min(later.unit_price) as unit_price
    from billed as line
    inner join contract_lines as own on line.contract_line_id = own.contract_line_id
    inner join contract_lines as later
        on
            own.contract_id = later.contract_id
            and own.product_id = later.product_id
            and own.charge_type = later.charge_type
            and coalesce(own.service_id, '') = coalesce(later.service_id, '')
    where
        own.ends_on <= line.priced_on
        and later.pricing_model in ('flat', 'per_unit')
        and later.unit_price is not null
        and later.starts_on <= line.priced_on
        and (later.ends_on is null or later.ends_on > line.priced_on)
    group by line.invoice_line_id
    having count(*) = 1
),

contracted as (
    select
        line.*,
        coalesce(succeeded.contract_line_id, charge.contract_line_id) as agreed_by_contract_line,
        cast(null as varchar) as agreed_by_price,
        coalesce(succeeded.unit_price, charge.unit_price) as agreed_price,
        charge.charge_type,
        charge.minimum_commitment,
        charge.active_from,
        case when succeeded.contract_line_id is null then charge.active_to else date '9999-12-31' end as active_to,
        case
            when line.period_from is null or line.period_to is null or charge.charge_type <> 'recurring' then 1
            when whole_months(line.period_from, line.period_to) % charge.months_in_period = 0
                then whole_months(line.period_from, line.period_to) // charge.months_in_period
            else 0
        end as periods
    from billed as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    left join succeeded on line.invoice_line_id = succeeded.invoice_line_id
    where
        charge.pricing_model in ('flat', 'per_unit')
        and coalesce(succeeded.unit_price, charge.unit_price) <> line.unit_price
        and coalesce(charge.currency, line.currency) = line.currency
),

-- Part periods are prorated (ACC-05), usage below the minimum commitment is topped up (ACC-04).
off_contract as (
    select *
    from contracted
    where
        periods > 0
        and unit_price <> periods * agreed_price
        and not (
            charge_type = 'recurring'
            and period_from is not null
            and (period_from < active_from or coalesce(period_to > active_to, false))
        )
        and not coalesce(
            charge_type = 'usage'
            and (
                net_amount = minimum_commitment
                or times_price(quantity, agreed_price) < minimum_commitment
            ),
            false
        )
        and not exists (
            select 1
            from service_pauses as pause
            where
                contracted.contract_line_id = pause.contract_line_id
                and contracted.charge_type = 'recurring'
                and pause.paused_from < contracted.period_to
                and (pause.paused_to is null or pause.paused_to > contracted.period_from)
        )
),

listed as (
    select
        line.*,
        customer.segment,
        coalesce(ordered.quantity, line.quantity) as ordered_quantity
    from billed as line
    left join contract_lines as charge on line.contract_line_id = charge.contract_line_id
    left join order_lines as ordered on line.order_line_id = ordered.order_line_id
    left join customers as customer on line.customer_id = customer.customer_id
    where
        charge.contract_line_id is null
        or (charge.pricing_model in ('flat', 'per_unit') and charge.unit_price is null)
),

off_list as (
    select
        line.*,
        coalesce(own.price_id, shared.price_id, general.price_id) as agreed_by_price,
        coalesce(own.unit_price, shared.unit_price, general.unit_price) as agreed_price
    from listed as line
    left join prices_in_force as own
        on
            line.product_id = own.product_id
            and line.currency = own.currency
            and line.customer_id = own.customer_id
            and line.priced_on >= own.in_force_from
            and (own.in_force_to is null or line.priced_on < own.in_force_to)
            and line.ordered_quantity >= own.from_quantity
            and (own.to_quantity is null or line.ordered_quantity < own.to_quantity)
    left join prices_in_force as shared
        on
            line.product_id = shared.product_id
            and line.currency = shared.currency
            and line.segment = shared.segment
            and line.priced_on >= shared.in_force_from
            and (shared.in_force_to is null or line.priced_on < shared.in_force_to)
            and line.ordered_quantity >= shared.from_quantity
            and (shared.to_quantity is null or line.ordered_quantity < shared.to_quantity)
    left join prices_in_force as general
        on
            line.product_id = general.product_id
            and line.currency = general.currency
            and general.customer_id is null
            and general.segment is null
            and line.priced_on >= general.in_force_from
            and (general.in_force_to is null or line.priced_on < general.in_force_to)
            and line.ordered_quantity >= general.from_quantity
            and (general.to_quantity is null or line.ordered_quantity < general.to_quantity)
    where coalesce(own.unit_price, shared.unit_price, general.unit_price) <> line.unit_price
),

off_price as (
    select
        invoice_line_id, invoice_id, entity_id, customer_id, invoice_date, priced_on, currency, product_id, order_line_id,
        quantity, unit_price, discount_amount, net_amount, agreed_price, agreed_by_contract_line, agreed_by_price
    from off_contract
    union all
    select
        invoice_line_id, invoice_id, entity_id, customer_id, invoice_date, priced_on, currency, product_id, order_line_id,
        quantity, unit_price, discount_amount, net_amount, agreed_price, cast(null as varchar), agreed_by_price
    from off_list
),

approved as (
    select
        line.invoice_line_id,
        list(exception.price_approval_id) as price_approval_ids
    from off_price as line
    inner join price_approvals as exception
        on
            line.customer_id = exception.customer_id
            and line.product_id = exception.product_id
            and line.unit_price = exception.unit_price
    where
        exception.status = 'approved'
        and exception.approved_on <= line.invoice_date
        and (exception.order_line_id is null or exception.order_line_id = line.order_line_id)
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
    line.order_line_id as evidence_order_lines,
    approved.price_approval_ids as evidence_price_approvals
from off_price as line
left join approved on line.invoice_line_id = approved.invoice_line_id
