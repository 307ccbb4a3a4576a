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

-- What is left of whatever document: only what is then open is looked up among those that count.
open_invoices as (
    select
        subject_id as invoice_id,
        sum(amount) as amount
    from remainders
    where subject_table = 'invoices' and moved_on > $as_of
    group by subject_id
    having sum(amount) > 0
),

-- What an order line got and was billed for: a row for each of them is quicker than to join them. There are more of
-- them than to keep.
handled as not materialized (
    select
        item.order_line_id,
        case when item.kind = 'sale' then greatest(0, item.quantity) else 0 end as handed_over,
        case when item.kind = 'sale' then item.quantity else -abs(item.quantity) end as kept,
        cast(null as decimal(18, 6)) as billed
    from consigned_lines as item
    where
        item.kind in ('sale', 'return')
        and item.status in ('shipped', 'delivered')
        and coalesce(item.moved_on <= $as_of, true)
    union all
    select
        ordered_line_id as order_line_id,
        cast(null as decimal(18, 6)) as handed_over,
        cast(null as decimal(18, 6)) as kept,
        quantity as billed
    from linked_lines
    where kind <> 'credit_memo' and invoice_date <= $as_of
),

-- What was billed ahead of its delivery is among the open invoices, or paid: it is not counted again as ordered.
unbilled as (
    select
        order_line_id,
        sum(coalesce(kept, -billed)) as quantity
    from handled
    group by order_line_id
    having count(kept) > 0 and sum(coalesce(kept, -billed)) > 0
),

wanting as (
    select
        line.order_line_id,
        line.quantity
    from order_lines as line
    inner join orders as purchase on line.order_id = purchase.order_id
    where purchase.status in ('open', 'shipped') and purchase.order_date <= $as_of
),

undelivered as (
    select
        order_line_id,
        sum(wanted) - coalesce(greatest(sum(handed_over), sum(billed)), 0) as quantity
    from (
        select
            order_line_id,
            quantity as wanted,
            cast(null as decimal(18, 6)) as handed_over,
            cast(null as decimal(18, 6)) as billed
        from wanting
        union all
        select
            order_line_id,
            cast(null as decimal(18, 6)) as wanted,
            handed_over,
            billed
        from handled
        where order_line_id in (select wanting.order_line_id from wanting)
    ) as part
    group by order_line_id
    having sum(wanted) > coalesce(greatest(sum(handed_over), sum(billed)), 0)
),

pending as (
    select
        order_line_id,
        sum(unbilled_quantity) as unbilled_quantity,
        sum(undelivered_quantity) as undelivered_quantity
    from (
        select
            order_line_id,
            quantity as unbilled_quantity,
            0 as undelivered_quantity
        from unbilled
        union all
        select
            order_line_id,
            0 as unbilled_quantity,
            quantity as undelivered_quantity
        from undelivered
    ) as quantities
    group by order_line_id
),

parts as (
    select
        invoice.customer_id,
        invoice.currency,
        open_invoices.amount as open_amount,
        0 as unbilled_amount,
        0 as undelivered_amount,
        open_invoices.invoice_id,
        cast(null as varchar) as order_line_id,
        cast(null as varchar) as order_id
    from open_invoices
    inner join live_invoices as invoice on open_invoices.invoice_id = invoice.invoice_id
    where invoice.kind in ('invoice', 'debit_memo') and invoice.invoice_date <= $as_of
    union all
    select
        purchase.customer_id,
        purchase.currency,
        0 as open_amount,
        round_money(
            times_price(pending.unbilled_quantity, line.unit_price)
            - coalesce(portion(line.discount_amount, pending.unbilled_quantity, line.quantity), 0),
            purchase.currency
        ) as unbilled_amount,
        round_money(
            times_price(pending.undelivered_quantity, line.unit_price)
            - coalesce(portion(line.discount_amount, pending.undelivered_quantity, line.quantity), 0),
            purchase.currency
        ) as undelivered_amount,
        cast(null as varchar) as invoice_id,
        line.order_line_id,
        line.order_id
    from pending
    inner join order_lines as line on pending.order_line_id = line.order_line_id
    inner join orders as purchase on line.order_id = purchase.order_id
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
