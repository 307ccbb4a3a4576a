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
from clearings as change
inner join documents as item on change.subject_id = item.item_id
where change.subject_table = 'invoices'
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
    -change.amount as amount,
    change.application_id,
    change.adjustment_id
from clearings as change
inner join money_in as item on change.subject_id = item.item_id
where change.subject_table = 'receipts'
