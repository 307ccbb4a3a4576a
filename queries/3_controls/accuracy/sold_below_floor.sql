/*---
id: ACC-09
title: Sold below the floor without approval
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: billed_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, product_id, quantity, net_amount]
  price_list: [price_id, product_id, currency, unit_price, floor_price, valid_from]
uses:
  invoice_lines:
    [order_line_id, delivery_line_id, contract_line_id, unit_price, discount_amount, voucher_id, period_from]
  customers: [customer_id, segment]
  order_lines: [order_line_id, quantity]
  delivery_lines: [delivery_line_id, order_line_id]
  price_list: [customer_id, segment, min_quantity, valid_to]
  price_approvals: [price_approval_id, customer_id, product_id, order_line_id, unit_price, approved_on, status]
  vouchers:
    [voucher_id, customer_id, product_id, kind, value, currency, valid_from, valid_to, approved_by, approved_on]
suppressions:
  approved: an approved exception at or below the net price was in force and signed by the invoice date
  promoted: without an approved voucher in force on the invoice date it would not be below the floor
why: >
  A price below the floor is a loss that somebody has to answer for.
next_step: Ask who agreed the price; have it approved, or bill the difference.
---*/
with highest as (
    select
        product_id,
        currency,
        max(floor_price) as floor_price
    from price_list
    group by product_id, currency
),

-- The price list is what is agreed outside contracts, and what is taken back is not sold.
sold as (
    select
        line.*,
        coalesce(line.period_from, line.invoice_date) as priced_on,
        highest.floor_price as highest_floor
    from billed_lines as line
    inner join highest on line.product_id = highest.product_id and line.currency = highest.currency
    where line.invoice_date <= $as_of and line.quantity > 0 and line.contract_line_id is null
),

-- What reaches the highest floor that its product ever had for anybody, whatever the rounding, need not be looked at.
low as (
    select *
    from sold
    where sign(net_amount - times_price(quantity, highest_floor) - minor_unit(currency)) = -1
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

sized as (
    select
        line.*,
        customer.segment,
        coalesce(line.order_line_id, item.order_line_id) as ordered_line_id,
        coalesce(ordered.quantity, line.quantity) as ordered_quantity
    from low as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    left join order_lines as ordered on coalesce(line.order_line_id, item.order_line_id) = ordered.order_line_id
    left join segments as customer on line.customer_id = customer.customer_id
),

-- A price without a floor has none, whatever stands in a more general one.
floored as (
    select
        line.*,
        coalesce(own.price_id, shared.price_id, general.price_id) as agreed_by_price,
        case
            when own.price_id is not null then own.floor_price
            when shared.price_id is not null then shared.floor_price
            else general.floor_price
        end as floor_price
    from sized as line
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
),

below as materialized (
    select
        *,
        round_money(times_price(quantity, floor_price), currency) as floor_amount
    from floored
    where net_amount < round_money(times_price(quantity, floor_price), currency)
),

approved as (
    select
        line.invoice_line_id,
        list(exception.price_approval_id) as price_approval_ids
    from below as line
    inner join price_approvals as exception
        on line.customer_id = exception.customer_id and line.product_id = exception.product_id
    where
        exception.status = 'approved'
        and exception.approved_on <= line.invoice_date
        and (exception.order_line_id is null or exception.order_line_id = line.ordered_line_id)
        and (exception.valid_from is null or exception.valid_from <= line.priced_on)
        and (exception.valid_to is null or exception.valid_to > line.priced_on)
        and round_money(times_price(line.quantity, exception.unit_price), line.currency) <= line.net_amount
    group by line.invoice_line_id
),

-- An approver is asked for where approvers are recorded at all.
signed as (
    select
        *,
        approved_by is not null or count(approved_by) over () = 0 as is_signed,
        row_number() over (partition by voucher_id order by valid_from desc) as turn
    from vouchers
),

redeemed as (
    select
        line.*,
        voucher.voucher_id as redeemed_id,
        case
            when voucher.kind = 'percent'
                then
                    round_money(
                        price_share(
                            times_price(line.quantity, line.unit_price), cast(voucher.value * 100000000 as bigint),
                            10000000000
                        ),
                        line.currency
                    )
            when coalesce(voucher.currency, line.currency) = line.currency then voucher.value
            else 0
        end as worth
    from below as line
    left join signed as voucher
        on
            line.voucher_id = voucher.voucher_id
            and voucher.turn = 1
            and voucher.is_signed
            and line.invoice_date >= voucher.approved_on
            and line.invoice_date >= voucher.valid_from
            and (voucher.valid_to is null or line.invoice_date < voucher.valid_to)
            and (voucher.customer_id is null or line.customer_id = voucher.customer_id)
            and (voucher.product_id is null or line.product_id = voucher.product_id)
)

select
    line.invoice_line_id as subject_id,
    line.entity_id,
    line.customer_id,
    line.invoice_date as event_date,
    line.currency,
    line.floor_amount as expected_amount,
    line.net_amount as billed_amount,
    number_text(line.quantity) || ' sold for ' || amount_text(line.net_amount, line.currency) || ' net; '
    || number_text(line.floor_price) || ' each is the floor of price ' || line.agreed_by_price || ' on '
    || cast(line.priced_on as varchar) || ', so ' || amount_text(line.floor_amount, line.currency) as reason,
    case
        when approved.invoice_line_id is not null then 'approved'
        when
            line.redeemed_id is not null
            and line.net_amount + least(line.worth, coalesce(line.discount_amount, 0)) >= line.floor_amount
            then 'promoted'
    end as suppressed_by,
    line.invoice_line_id as evidence_invoice_lines,
    line.invoice_id as evidence_invoices,
    line.agreed_by_price as evidence_price_list,
    line.ordered_line_id as evidence_order_lines,
    approved.price_approval_ids as evidence_price_approvals,
    line.redeemed_id as evidence_vouchers
from redeemed as line
left join approved on line.invoice_line_id = approved.invoice_line_id
