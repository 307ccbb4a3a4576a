/*---
id: VAL-01
title: Cash unapplied too long
severity: medium
grain: receipt_id
subject: receipts
examines: receipts
standing: true
needs:
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
uses:
  receipts: [customer_id]
  invoices: [invoice_id, customer_id, invoice_number, kind, invoice_date, currency, gross_amount, status]
  applications: [discount_amount, credit_invoice_id]
  adjustments: [invoice_id, adjusted_on, amount]
parameters:
  days: {default: 30, unit: days, why: one month end may pass before a remittance is understood}
suppressions:
  on_account: the customer pays in advance
  in_grace: received no more than so many days before the as-of date
why: >
  Cash that sits unapplied makes paid invoices look overdue and debt look better than it is.
next_step: Apply it to the invoices named, or ask the customer what it is for.
---*/
-- Few receipts are not used up: what else is known of them is looked up afterwards.
with left_over as (
    select
        subject_id as receipt_id,
        sum(amount) as unapplied
    from remainders
    where subject_table = 'receipts' and moved_on > $as_of
    group by subject_id
    having sum(amount) > 0
),

idle as (
    select
        receipt.*,
        left_over.unapplied,
        days_between(receipt.received_on, $as_of) as age
    from left_over
    inner join receipts as receipt on left_over.receipt_id = receipt.receipt_id
    where receipt.status <> 'reversed' and receipt.received_on <= $as_of
),

partly as (
    select
        idle.receipt_id,
        list(application.application_id) as application_ids
    from idle
    inner join applications as application on idle.receipt_id = application.receipt_id
    where application.applied_on <= $as_of
    group by idle.receipt_id
),

open_items as (
    select
        subject_id as invoice_id,
        sum(amount) as open_amount
    from remainders
    where subject_table = 'invoices' and moved_on > $as_of
    group by subject_id
    having sum(amount) <> 0
),

open_invoices as (
    select
        invoice.invoice_id,
        invoice.invoice_number,
        invoice.customer_id,
        invoice.currency,
        invoice.invoice_date,
        open_items.open_amount
    from open_items
    inner join live_invoices as invoice on open_items.invoice_id = invoice.invoice_id
    where invoice.kind <> 'credit_memo' and invoice.invoice_date <= $as_of
),

ranked as (
    select
        *,
        count(*) over (partition by customer_id, currency, open_amount) as invoices,
        row_number() over (
            partition by customer_id, currency, open_amount
            order by invoice_date, invoice_id
        ) as turn
    from open_invoices
    where
        (customer_id, currency, open_amount) in (
            select
                idle.customer_id,
                idle.currency,
                idle.unapplied
            from idle
        )
),

-- A customer may have thousands of invoices of one amount: five numbers are enough to go on.
fitting as (
    select
        customer_id,
        currency,
        open_amount,
        invoices,
        string_agg(invoice_number, ', ' order by turn) as numbers,
        list(invoice_id) as invoice_ids
    from ranked
    where turn <= 5
    group by customer_id, currency, open_amount, invoices
)

select
    idle.receipt_id as subject_id,
    idle.entity_id,
    idle.customer_id,
    idle.received_on as event_date,
    idle.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    idle.unapplied as billed_amount,
    amount_text(idle.unapplied, idle.currency) || ' ' || idle.currency || ' of '
    || amount_text(idle.amount, idle.currency) || ' unapplied ' || cast(idle.age as varchar) || ' days after receipt; '
    || coalesce(
        'open and of this amount: ' || fitting.numbers
        || case when fitting.invoices > 5 then ' and ' || cast(fitting.invoices - 5 as varchar) || ' more' else '' end,
        'no open invoice of customer ' || idle.customer_id || ' has this amount',
        'whose it is, is not known'
    ) as reason,
    case
        when idle.status = 'on_account' then 'on_account'
        when idle.age <= $days then 'in_grace'
    end as suppressed_by,
    idle.receipt_id as evidence_receipts,
    partly.application_ids as evidence_applications,
    fitting.invoice_ids as evidence_invoices
from idle
left join partly on idle.receipt_id = partly.receipt_id
left join fitting
    on
        idle.customer_id = fitting.customer_id
        and idle.currency = fitting.currency
        and idle.unapplied = fitting.open_amount
