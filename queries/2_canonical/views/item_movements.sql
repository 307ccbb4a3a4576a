/*---
view: item_movements
what: >
  Every movement of every open item of the receivables sub-ledger, issued documents and unreversed receipts, with what
  was applied, given as discount and adjusted. The amount has its sign on the customer's account: invoices and refunds
  > 0; credit memos, receipts and write-offs < 0. What is open on a day is the sum of the rows up to that day, as dated
  by moved_on, as the books knew it by known_on.
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  invoices: [posted_on]
  receipts: [receipt_id, entity_id, customer_id, received_on, posted_on, currency, amount, status]
  applications:
    [application_id, receipt_id, credit_invoice_id, invoice_id, applied_on, posted_on, amount, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
---*/
-- Each is read where it is named, so that a reader of few columns pays for those alone.
with documents as not materialized (
    select
        'invoices' as subject_table,
        invoice_id as item_id,
        kind,
        entity_id,
        customer_id,
        currency,
        invoice_date as moved_on,
        coalesce(posted_on, invoice_date) as known_on,
        gross_amount as amount
    from invoices
    where status not in ('cancelled', 'draft')
),

money_in as not materialized (
    select
        'receipts' as subject_table,
        receipt_id as item_id,
        'receipt' as kind,
        entity_id,
        customer_id,
        currency,
        received_on as moved_on,
        coalesce(posted_on, received_on) as known_on,
        -amount as amount
    from receipts
    where status <> 'reversed'
),

-- The discount is the invoice's alone: it uses up nothing of the money or the credit.
changes as not materialized (
    select
        invoice_id,
        applied_on as moved_on,
        coalesce(posted_on, applied_on) as known_on,
        -amount - coalesce(discount_amount, 0) as amount,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    union all
    select
        credit_invoice_id as invoice_id,
        applied_on as moved_on,
        coalesce(posted_on, applied_on) as known_on,
        amount,
        application_id,
        cast(null as varchar) as adjustment_id
    from applications
    where credit_invoice_id is not null
    union all
    select
        invoice_id,
        adjusted_on as moved_on,
        coalesce(posted_on, adjusted_on) as known_on,
        amount,
        cast(null as varchar) as application_id,
        adjustment_id
    from adjustments
)

select
    *,
    cast(null as varchar) as application_id,
    cast(null as varchar) as adjustment_id
from documents
union all
select
    *,
    cast(null as varchar) as application_id,
    cast(null as varchar) as adjustment_id
from money_in
union all
select
    item.subject_table,
    item.item_id,
    item.kind,
    item.entity_id,
    item.customer_id,
    item.currency,
    change.moved_on,
    change.known_on,
    change.amount,
    change.application_id,
    change.adjustment_id
from changes as change
inner join documents as item on change.invoice_id = item.item_id
union all
select
    item.subject_table,
    item.item_id,
    item.kind,
    item.entity_id,
    item.customer_id,
    item.currency,
    application.applied_on as moved_on,
    coalesce(application.posted_on, application.applied_on) as known_on,
    application.amount,
    application.application_id,
    cast(null as varchar) as adjustment_id
from applications as application
inner join money_in as item on application.receipt_id = item.item_id
