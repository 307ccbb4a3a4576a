/*---
id: VAL-05
title: Credit limit passed
severity: high
grain: customer_id
subject: customers
examines: customers
standing: true
needs:
  customers: [customer_id, currency, credit_limit]
  invoices: [invoice_id, kind, status, customer_id, invoice_date, currency, gross_amount]
  applications: [application_id, invoice_id, applied_on, amount]
uses:
  customers: [entity_id]
  invoices: [reason_code, original_invoice_id]
  applications: [receipt_id, credit_invoice_id, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, amount]
  receipts: [receipt_id, status]
  orders: [order_id, customer_id, order_date, currency, status]
  order_lines: [order_line_id, order_id, quantity, unit_price, discount_amount]
  deliveries: [delivery_id, kind, status, shipped_on, delivered_on]
  delivery_lines: [delivery_line_id, delivery_id, order_line_id, quantity]
  invoice_lines: [invoice_line_id, invoice_id, quantity, delivery_line_id, order_line_id]
why: >
  A limit that goods may pass on their way out is noticed only when the customer fails.
next_step: Hold the open orders, ask for payment or security, or have the limit raised by somebody who may.
---*/
-- A customer who is listed twice has the higher limit; one in two currencies has none that can be compared.
with limits as (
    select
        customer_id,
        min(entity_id) as entity_id,
        min(currency) as currency,
        max(credit_limit) as credit_limit
    from customers
    group by customer_id
    having min(currency) = max(currency)
),

open_invoices as (
    select
        item_id as invoice_id,
        customer_id,
        currency,
        sum(amount) as amount
    from item_movements
    where kind in ('invoice', 'debit_memo') and moved_on <= $as_of
    group by item_id, customer_id, currency
    having sum(amount) > 0
),

handed_over as (
    select
        item.order_line_id,
        sum(case when delivery.kind = 'sale' then greatest(0, item.quantity) else 0 end) as quantity,
        sum(case when delivery.kind = 'sale' then item.quantity else -abs(item.quantity) end) as kept_quantity
    from delivery_lines as item
    inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        delivery.kind in ('sale', 'return')
        and delivery.status in ('shipped', 'delivered')
        and coalesce(least(delivery.shipped_on, delivery.delivered_on) <= $as_of, true)
    group by item.order_line_id
),

billed as (
    select
        coalesce(item.order_line_id, line.order_line_id) as order_line_id,
        sum(line.quantity) as quantity
    from billed_lines as line
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    where line.invoice_date <= $as_of
    group by coalesce(item.order_line_id, line.order_line_id)
),

-- What was billed ahead of its delivery is among the open invoices, or paid: it is not counted again as ordered.
ordered as (
    select
        line.order_line_id,
        line.order_id,
        line.quantity as ordered_quantity,
        line.unit_price,
        line.discount_amount,
        purchase.customer_id,
        purchase.currency,
        greatest(0, handed_over.kept_quantity - coalesce(billed.quantity, 0)) as unbilled_quantity,
        case
            when purchase.status in ('open', 'shipped') and purchase.order_date <= $as_of
                then greatest(0, line.quantity - coalesce(greatest(handed_over.quantity, billed.quantity), 0))
            else 0
        end as undelivered_quantity
    from order_lines as line
    inner join orders as purchase on line.order_id = purchase.order_id
    left join handed_over on line.order_line_id = handed_over.order_line_id
    left join billed on line.order_line_id = billed.order_line_id
),

parts as (
    select
        open_invoices.customer_id,
        open_invoices.currency,
        open_invoices.amount as open_amount,
        0 as unbilled_amount,
        0 as undelivered_amount,
        open_invoices.invoice_id,
        cast(null as varchar) as order_line_id,
        cast(null as varchar) as order_id
    from open_invoices
    inner join live_invoices as invoice on open_invoices.invoice_id = invoice.invoice_id
    union all
    select
        customer_id,
        currency,
        0 as open_amount,
        round_money(
            times_price(unbilled_quantity, unit_price)
            - coalesce(portion(discount_amount, unbilled_quantity, ordered_quantity), 0),
            currency
        ) as unbilled_amount,
        round_money(
            times_price(undelivered_quantity, unit_price)
            - coalesce(portion(discount_amount, undelivered_quantity, ordered_quantity), 0),
            currency
        ) as undelivered_amount,
        cast(null as varchar) as invoice_id,
        order_line_id,
        order_id
    from ordered
    where unbilled_quantity + undelivered_quantity > 0
),

exposures as (
    select
        owner.customer_id,
        owner.entity_id,
        owner.currency,
        owner.credit_limit,
        sum(part.open_amount) as open_amount,
        sum(part.unbilled_amount) as unbilled_amount,
        sum(part.undelivered_amount) as undelivered_amount,
        sum(part.open_amount + part.unbilled_amount + part.undelivered_amount) as amount
    from limits as owner
    inner join parts as part on owner.customer_id = part.customer_id and owner.currency = part.currency
    group by owner.customer_id, owner.entity_id, owner.currency, owner.credit_limit
    having sum(part.open_amount + part.unbilled_amount + part.undelivered_amount) > owner.credit_limit
),

proof as (
    select
        exposures.customer_id,
        list(part.invoice_id) as invoice_ids,
        list(part.order_line_id) as order_line_ids,
        list(part.order_id) as order_ids
    from exposures
    inner join parts as part on exposures.customer_id = part.customer_id and exposures.currency = part.currency
    group by exposures.customer_id
)

select
    exposures.customer_id as subject_id,
    exposures.entity_id,
    exposures.customer_id,
    cast(null as date) as event_date,
    exposures.currency,
    exposures.credit_limit as expected_amount,
    exposures.amount as billed_amount,
    amount_text(exposures.open_amount, exposures.currency) || ' ' || exposures.currency || ' open, '
    || amount_text(exposures.unbilled_amount, exposures.currency) || ' delivered and not billed, '
    || amount_text(exposures.undelivered_amount, exposures.currency) || ' ordered and not delivered make '
    || amount_text(exposures.amount, exposures.currency) || '; the limit is '
    || amount_text(exposures.credit_limit, exposures.currency) as reason,
    cast(null as varchar) as suppressed_by,
    exposures.customer_id as evidence_customers,
    proof.invoice_ids as evidence_invoices,
    proof.order_line_ids as evidence_order_lines,
    proof.order_ids as evidence_orders
from exposures
inner join proof on exposures.customer_id = proof.customer_id
